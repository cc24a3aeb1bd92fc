//! A part of the cases, chosen by a hash of their ids: each case is in one shard of so many, on each
//! machine and in each version the same.

use std::str::FromStr;

use crate::plan::hash;

/// One of several parts: the second of four is `2/4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl Shard {
    /// Its number, from 1, and how many there are.
    #[must_use]
    pub fn numbers(self) -> (u32, u32) {
        (self.index, self.count)
    }

    /// Whether a case of this id is in it.
    #[must_use]
    pub fn has(self, id: &str) -> bool {
        hash(id) % u64::from(self.count) == u64::from(self.index - 1)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let numbers = text.split_once('/').and_then(|(index, count)| {
            let (index, count) = (index.trim().parse().ok()?, count.trim().parse().ok()?);
            Some(Shard { index, count })
        });
        match numbers {
            None => Err("a shard is its number and how many there are: `2/4`".to_owned()),
            Some(Shard { count: 0, .. }) => Err("of no shards there is none".to_owned()),
            Some(shard) if (1..=shard.count).contains(&shard.index) => Ok(shard),
            Some(Shard { count, .. }) => {
                Err(format!("shards go from 1/{count} to {count}/{count}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_is_in_one_shard_which_never_changes() {
        let shards: Vec<Shard> = (1..=4)
            .map(|index| format!("{index}/4").parse().unwrap())
            .collect();
        let of = |id: &str| {
            let its: Vec<u32> = shards
                .iter()
                .filter(|shard| shard.has(id))
                .map(|shard| shard.index)
                .collect();
            assert_eq!(its.len(), 1, "{id} is in {its:?}");
            its[0]
        };
        let ids = [
            "seed/pool_map",
            "seed/pipe",
            "memory/process_and_thread",
            "a",
            "b",
        ];
        assert_eq!(ids.map(of), [1, 4, 4, 1, 2]);
        assert!("1/1".parse::<Shard>().unwrap().has("anything"));
    }

    #[test]
    fn what_is_no_shard_is_told_with_the_way_out() {
        for (text, says) in [
            ("2", "`2/4`"),
            ("a/b", "`2/4`"),
            ("1/0", "no shards"),
            ("0/3", "1/3 to 3/3"),
            ("4/3", "1/3 to 3/3"),
        ] {
            let told = text.parse::<Shard>().unwrap_err();
            assert!(told.contains(says), "{told}");
        }
    }
}
