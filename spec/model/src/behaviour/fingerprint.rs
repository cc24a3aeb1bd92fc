//! A short text that differs where behaviours do, for reports and snapshots.

use super::Behaviour;

impl Behaviour {
    /// 16 hexadecimal digits, the same on every system and in every version.
    ///
    /// For people and snapshots; whether two behaviours are equal is asked with `==`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        hash.number(self.lines.len());
        for line in &self.lines {
            hash.text(line);
        }
        hash.number(self.ends.len());
        for (ending, left) in &self.ends {
            hash.text(&ending.to_string());
            hash.number(*left as usize);
        }
        for node in &self.nodes {
            if node.is_undefined {
                hash.text("undefined");
            }
            hash.number(node.ends.len());
            node.ends.iter().for_each(|end| hash.number(*end as usize));
            hash.number(node.edges.len());
            for (line, to) in &node.edges {
                hash.number(*line as usize);
                hash.number(*to as usize);
            }
        }
        format!("{:016x}", hash.0)
    }
}

/// Fowler, Noll and Vo's hash (FNV-1a).
struct Fnv(u64);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn number(&mut self, number: usize) {
        self.bytes(&(number as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.bytes(text.as_bytes());
    }
}
