//! Listing outcomes in their order.

use poolproof_case::Outcome;

use super::Behaviour;

impl Behaviour {
    /// The first allowed outcomes, sorted by lines, then ending, then processes left.
    #[must_use]
    pub fn outcomes(&self, limit: usize) -> Vec<Outcome> {
        let mut found = Vec::new();
        let mut lines = Vec::new();
        // A node and the next of its edges; before its first edge come its endings.
        let mut path: Vec<(usize, usize)> = Vec::new();
        let mut arrived = Some(0);
        loop {
            if let Some(node) = arrived.take() {
                for end in &self.nodes[node].ends {
                    if found.len() == limit {
                        return found;
                    }
                    found.push(self.outcome(&lines, *end));
                }
                path.push((node, 0));
            }
            if found.len() == limit {
                return found;
            }
            let Some((node, edge)) = path.last_mut() else {
                return found;
            };
            match self.nodes[*node].edges.get(*edge) {
                Some((line, to)) => {
                    *edge += 1;
                    lines.push(*line);
                    arrived = Some(*to as usize);
                }
                None => {
                    path.pop();
                    lines.pop();
                }
            }
        }
    }
}
