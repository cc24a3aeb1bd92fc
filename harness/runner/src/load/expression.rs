//! Filters that say more than a name: `area(seed) & uses(Pool) & !clause(PM-POOL-MAP-*)`.
//!
//! A word alone is a part of an id, or a clause where it begins as one. What a word means of an id is
//! the business of `filter`.

use std::cell::Cell;

use poolproof_case::nearest::advice;
use poolproof_case::{Case, StartMethod, uses};

use super::filter::{fits, matches};

/// What begins the name of a clause, and no id.
const CLAUSE: &str = "PM-";

/// What is asked of a case.
#[derive(Debug)]
pub(super) enum Expression {
    Atom(Atom),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

/// One word, and what it is about.
#[derive(Debug)]
pub(super) struct Atom {
    pub(super) kind: Kind,
    pub(super) word: String,
    /// Whether it is true of any case that was asked about.
    pub(super) has_fit: Cell<bool>,
}

/// What a word is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A case's id, or a part of it.
    Case,
    /// The folder of cases.
    Area,
    /// A clause that the case tests.
    Clause,
    /// An object that it uses, `Pool`, or a member of one, `Pool.map`.
    Uses,
    /// A start method that it is made for.
    Method,
}

impl Kind {
    const ALL: [(&'static str, Kind); 5] = [
        ("case", Kind::Case),
        ("area", Kind::Area),
        ("clause", Kind::Clause),
        ("uses", Kind::Uses),
        ("method", Kind::Method),
    ];
}

impl Expression {
    /// Reads a filter.
    ///
    /// # Errors
    /// What is wrong with it, with the column.
    pub(super) fn read(text: &str) -> Result<Expression, String> {
        let mut reader = Reader { text, at: 0 };
        let expression = reader.any()?;
        match reader.peek() {
            None => Ok(expression),
            Some(')') => Err(reader.wrong("this `)` closes nothing")),
            Some(_) => Err(reader.wrong("`&`, `|` or `,` is missing")),
        }
    }

    /// Whether it is true of a case; none where that cannot be told of one that cannot be read.
    ///
    /// Every word is asked, so that those that fit nothing are known.
    pub(super) fn holds(&self, id: &str, ids: &[&str], case: Option<&Case>) -> Option<bool> {
        let of = |one: &Expression| one.holds(id, ids, case);
        match self {
            Expression::Atom(atom) => {
                let holds = atom.holds(id, ids, case);
                atom.has_fit.set(atom.has_fit.get() || holds == Some(true));
                holds
            }
            Expression::Not(one) => of(one).map(|holds| !holds),
            Expression::All(parts) => {
                let parts: Vec<Option<bool>> = parts.iter().map(of).collect();
                let is_false = parts.contains(&Some(false));
                if is_false {
                    Some(false)
                } else {
                    parts.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
                }
            }
            Expression::Any(parts) => {
                let parts: Vec<Option<bool>> = parts.iter().map(of).collect();
                let is_true = parts.contains(&Some(true));
                if is_true {
                    Some(true)
                } else {
                    parts.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
                }
            }
        }
    }

    /// All its words.
    pub(super) fn atoms(&self) -> Vec<&Atom> {
        match self {
            Expression::Atom(atom) => vec![atom],
            Expression::Not(one) => one.atoms(),
            Expression::All(parts) | Expression::Any(parts) => {
                parts.iter().flat_map(Expression::atoms).collect()
            }
        }
    }
}

impl Atom {
    fn new(kind: Kind, word: &str) -> Atom {
        Atom {
            kind,
            word: word.to_owned(),
            has_fit: Cell::new(false),
        }
    }

    /// Whether only the case's text can tell.
    pub(super) fn is_about_content(&self) -> bool {
        !matches!(self.kind, Kind::Case | Kind::Area)
    }

    fn holds(&self, id: &str, ids: &[&str], case: Option<&Case>) -> Option<bool> {
        let word = self.word.as_str();
        match self.kind {
            Kind::Case => Some(fits(word, id, ids)),
            Kind::Area => Some(matches(word, area(id))),
            Kind::Clause => Some(case?.clauses.iter().any(|clause| matches(word, clause))),
            Kind::Uses => Some(is_used(word, case?)),
            Kind::Method => Some(case?.methods.iter().any(|method| method.name() == word)),
        }
    }
}

/// The folder of a case; a file of one's own has none.
pub(super) fn area(id: &str) -> &str {
    id.rsplit_once('/').map_or("", |(area, _)| area)
}

fn is_used(word: &str, case: &Case) -> bool {
    let contenders = case.contenders.iter().map(|(_, program)| program);
    contenders.chain([&case.program]).any(|program| {
        uses::uses(program).into_iter().any(|used| {
            matches(word, used.object) || matches(word, &format!("{}.{}", used.object, used.member))
        })
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn takes(&mut self, wanted: &[char]) -> bool {
        let found = self.peek().filter(|next| wanted.contains(next));
        self.at += found.map_or(0, char::len_utf8);
        found.is_some()
    }

    fn word(&mut self) -> Result<&'a str, String> {
        self.peek();
        let rest = &self.text[self.at..];
        let is_end = |c: char| c.is_whitespace() || "()&|!,".contains(c);
        let word = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        if word.is_empty() {
            return Err(self.wrong("a name is missing"));
        }
        self.at += word.len();
        Ok(word)
    }

    fn any(&mut self) -> Result<Expression, String> {
        let mut parts = vec![self.all()?];
        while self.takes(&['|', ',']) {
            parts.push(self.all()?);
        }
        Ok(Expression::Any(parts))
    }

    fn all(&mut self) -> Result<Expression, String> {
        let mut parts = vec![self.one()?];
        while self.takes(&['&']) {
            parts.push(self.one()?);
        }
        Ok(Expression::All(parts))
    }

    fn one(&mut self) -> Result<Expression, String> {
        if self.takes(&['!']) {
            return Ok(Expression::Not(Box::new(self.one()?)));
        }
        if self.takes(&['(']) {
            let inner = self.any()?;
            self.close()?;
            return Ok(inner);
        }
        let word = self.word()?;
        let start = self.at - word.len();
        if !self.takes(&['(']) {
            let kind = match word.starts_with(CLAUSE) {
                true => Kind::Clause,
                false => Kind::Case,
            };
            return Ok(Expression::Atom(Atom::new(kind, word)));
        }
        let Some((_, kind)) = Kind::ALL.iter().find(|(name, _)| *name == word) else {
            self.at = start;
            let names = Kind::ALL.map(|(name, _)| name);
            let help = advice(word, &names).unwrap_or_default();
            return Err(self.wrong(&format!("there is no `{word}(…)`; {help}")));
        };
        let mut words = vec![self.about(*kind)?];
        while self.takes(&[',']) {
            words.push(self.about(*kind)?);
        }
        self.close()?;
        Ok(Expression::Any(words))
    }

    fn about(&mut self, kind: Kind) -> Result<Expression, String> {
        let word = self.word()?;
        if kind == Kind::Method
            && let Err(problem) = word.parse::<StartMethod>()
        {
            self.at -= word.len();
            return Err(self.wrong(&problem));
        }
        Ok(Expression::Atom(Atom::new(kind, word)))
    }

    fn close(&mut self) -> Result<(), String> {
        match self.takes(&[')']) {
            true => Ok(()),
            false => Err(self.wrong("`)` is missing")),
        }
    }

    fn wrong(&self, what: &str) -> String {
        let column = self.text[..self.at].chars().count() + 1;
        format!("the filter `{}`, column {column}: {what}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 4] = [
        "seed/pool_map",
        "seed/pool_map_chunks",
        "seed/pipe",
        "memory/pool",
    ];

    fn selected(filter: &str) -> Vec<&'static str> {
        let expression = Expression::read(filter).unwrap();
        let holds = |id: &&str| expression.holds(id, &IDS, None) == Some(true);
        IDS.into_iter().filter(holds).collect()
    }

    #[test]
    fn words_are_joined_negated_and_grouped() {
        assert_eq!(selected("pool"), [IDS[0], IDS[1], IDS[3]]);
        assert_eq!(selected("seed/pool_map"), [IDS[0]]);
        assert_eq!(selected("seed/pool_map,seed/pipe"), [IDS[0], IDS[2]]);
        assert_eq!(selected("pool & !area(memory)"), [IDS[0], IDS[1]]);
        assert_eq!(selected("!(area(seed, memory))"), Vec::<&str>::new());
        assert_eq!(selected("area(mem*) | case(pipe)"), [IDS[2], IDS[3]]);
        assert_eq!(selected("pipe | pool & memory/*"), [IDS[2], IDS[3]]);
    }

    #[test]
    fn of_a_case_that_cannot_be_read_only_its_name_is_known() {
        let holds = |filter: &str| Expression::read(filter).unwrap().holds(IDS[2], &IDS, None);
        assert_eq!(holds("clause(PM-A-B-001)"), None);
        assert_eq!(holds("!PM-A-B-001"), None);
        assert_eq!(holds("pool & PM-A-B-001"), Some(false));
        assert_eq!(holds("pipe | PM-A-B-001"), Some(true));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_column() {
        for (filter, says) in [
            ("area(pool", "column 10: `)` is missing"),
            ("pool)", "column 5: this `)` closes nothing"),
            ("a b", "column 3: `&`, `|` or `,` is missing"),
            ("a &", "column 4: a name is missing"),
            ("a, ,b", "column 4: a name is missing"),
            (
                "aera(pool)",
                "column 1: there is no `aera(…)`; did you mean `area`?",
            ),
            ("method(spwan)", "column 8: unknown start method `spwan`"),
        ] {
            let told = Expression::read(filter).unwrap_err();
            assert!(told.contains(says), "{told} should say {says}");
        }
    }
}
