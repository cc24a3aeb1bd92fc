//! What may be in a variable.

use std::collections::BTreeSet;

use crate::catalogue::Class;

/// How deep contents are told apart.
const DEPTH_MAX: usize = 4;

/// All that a variable may hold; nothing at all where nothing is known to reach it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Type {
    /// Objects of the catalogue; `list` and `dict` among them.
    pub objects: BTreeSet<Class>,
    /// A number, a text and the like: something without methods.
    pub is_plain: bool,
    /// A function of the program.
    pub is_function: bool,
    /// A value that is never printed.
    pub is_opaque: bool,
    /// Anything.
    pub is_unknown: bool,
    /// What its items are, of a sequence or dict.
    items: Option<Box<Type>>,
}

impl Type {
    pub(crate) fn object(class: Class) -> Type {
        Type {
            objects: BTreeSet::from([class]),
            ..Type::default()
        }
    }

    pub(crate) fn plain() -> Type {
        Type {
            is_plain: true,
            ..Type::default()
        }
    }

    pub(crate) fn function() -> Type {
        Type {
            is_function: true,
            ..Type::default()
        }
    }

    pub(crate) fn opaque() -> Type {
        Type {
            is_opaque: true,
            ..Type::default()
        }
    }

    pub(crate) fn unknown() -> Type {
        Type {
            is_unknown: true,
            ..Type::default()
        }
    }

    pub(crate) fn container(class: Class, items: Type) -> Type {
        Type {
            items: Some(Box::new(items)),
            ..Type::object(class)
        }
    }

    pub(crate) fn sequence(items: Type) -> Type {
        Type {
            items: Some(Box::new(items)),
            ..Type::plain()
        }
    }

    /// Whether nothing is known to reach it.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Type::default()
    }

    /// Whether all that it may be is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !self.is_unknown && !self.is_nothing()
    }

    /// Whether it may be a list or dict, or have one in it.
    #[must_use]
    pub fn holds_containers(&self) -> bool {
        let is_container = |class: &Class| matches!(class, Class::List | Class::Dict);
        self.is_unknown
            || self.objects.iter().any(is_container)
            || self
                .items
                .as_ref()
                .is_some_and(|items| items.holds_containers())
    }

    /// What one of its items may be.
    #[must_use]
    pub fn item(&self) -> Type {
        let mut item = self.items.as_deref().cloned().unwrap_or_default();
        let has_hidden_items = self
            .objects
            .iter()
            .any(|object| !matches!(object, Class::List | Class::Dict));
        if self.is_unknown || has_hidden_items || item.is_nothing() {
            item.is_unknown = true;
        }
        item
    }

    /// A comparison or sum of opaque values is none itself.
    pub(crate) fn without_opaque(mut self) -> Type {
        self.is_opaque = false;
        self.is_plain = true;
        self
    }

    /// Takes all that another may be; whether that was news.
    pub(crate) fn join(&mut self, other: &Type) -> bool {
        self.join_to(other, DEPTH_MAX)
    }

    /// Its items may be this, too; whether that was news.
    pub(crate) fn join_items(&mut self, item: &Type) -> bool {
        let other = Type {
            items: Some(Box::new(item.clone())),
            ..Type::default()
        };
        self.join(&other)
    }

    fn join_to(&mut self, other: &Type, depth: usize) -> bool {
        let before = (
            self.objects.len(),
            self.is_plain,
            self.is_function,
            self.is_opaque,
            self.is_unknown,
            self.items.is_some(),
        );
        self.objects.extend(&other.objects);
        self.is_plain |= other.is_plain;
        self.is_function |= other.is_function;
        self.is_opaque |= other.is_opaque;
        self.is_unknown |= other.is_unknown;
        let mut has_changed = false;
        if let Some(items) = &other.items {
            if depth == 0 {
                self.is_unknown = true;
            } else {
                let own = self.items.get_or_insert_default();
                has_changed = own.join_to(items, depth - 1);
            }
        }
        let after = (
            self.objects.len(),
            self.is_plain,
            self.is_function,
            self.is_opaque,
            self.is_unknown,
            self.items.is_some(),
        );
        has_changed || before != after
    }
}
