//! A picture of a behaviour in Graphviz's language.

use std::fmt::Write;

use super::Behaviour;

impl Behaviour {
    /// The automaton as a `digraph`; endings are boxes.
    #[must_use]
    pub fn to_dot(&self, title: &str) -> String {
        let mut dot = format!("digraph {} {{\n", quoted(title));
        let mut line = |text: String| {
            writeln!(dot, "  {text}").expect("writing to a string cannot fail");
        };
        line("rankdir=LR;".to_owned());
        line("node [shape=circle, label=\"\"];".to_owned());
        for (index, (ending, left)) in self.ends.iter().enumerate() {
            let label = match left {
                0 => ending.to_string(),
                left => format!("{ending}, left {left}"),
            };
            line(format!("end{index} [shape=box, label={}];", quoted(&label)));
        }
        for (number, node) in self.nodes.iter().enumerate() {
            for (text, to) in &node.edges {
                let label = quoted(&self.lines[*text as usize]);
                line(format!("{number} -> {to} [label={label}];"));
            }
            for end in &node.ends {
                line(format!("{number} -> end{end} [style=dashed];"));
            }
            if node.is_undefined {
                line(format!(
                    "undefined{number} [shape=box, label=\"undefined\"];"
                ));
                line(format!("{number} -> undefined{number} [style=dotted];"));
            }
        }
        dot.push_str("}\n");
        dot
    }
}

/// A text in quotes, as Graphviz reads it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
