//! Drives one case: `drive METHOD CASE.ron`, without the runner.

use std::process::ExitCode;

fn main() -> ExitCode {
    poolproof_reference::freeze_support();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [method, path] = arguments.as_slice() else {
        eprintln!("usage: drive METHOD CASE.ron");
        return ExitCode::from(64);
    };
    let (Ok(method), Ok(text)) = (method.parse(), std::fs::read_to_string(path)) else {
        eprintln!("failed to read `{path}` for the start method `{method}`");
        return ExitCode::from(64);
    };
    // Clauses are the runner's business: whatever the case names is known here.
    let clauses: Vec<&str> = text
        .split('"')
        .filter(|part| part.starts_with("PM-"))
        .collect();
    match poolproof_case::read(path, &text, &clauses) {
        Ok(case) => poolproof_reference::drive(method, case),
        Err(mistakes) => {
            for mistake in mistakes {
                eprint!("{}", poolproof_case::render(&mistake, path, &text, false));
            }
            ExitCode::from(64)
        }
    }
}
