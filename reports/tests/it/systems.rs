//! Systems side by side.

use poolproof_case::StartMethod;
use poolproof_report::{Verdict, systems};

use crate::made_up;

#[test]
fn each_system_has_a_column_and_what_differs_is_named() {
    let linux = made_up::file();
    let mut windows = linux.clone();
    windows.head.system = "Windows 10".to_owned();
    windows.foot = None;
    for record in &mut windows.records {
        if record.start_method == StartMethod::Fork {
            record.verdict = Verdict::Unsupported;
            record.reason = Some("this system cannot copy a process".to_owned());
        }
    }
    windows.records[0].verdict = Verdict::Deviates;
    let files = [("linux".to_owned(), linux), ("windows".to_owned(), windows)];
    insta::assert_snapshot!(systems(&files));
}
