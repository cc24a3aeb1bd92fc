//! Start methods: the case language's and the runtime's names for one thing.

use poolproof_case::StartMethod;
use poolproof_runtime as mp;

/// The runtime's name for a start method.
pub(crate) fn runtime_method(method: StartMethod) -> mp::StartMethod {
    match method {
        StartMethod::Spawn => mp::StartMethod::Spawn,
        StartMethod::Fork => mp::StartMethod::Fork,
        StartMethod::Forkserver => mp::StartMethod::Forkserver,
        StartMethod::Threads => mp::StartMethod::Threads,
    }
}

/// The case language's name for one of the runtime's start methods.
pub(crate) fn case_method(method: mp::StartMethod) -> StartMethod {
    match method {
        mp::StartMethod::Spawn => StartMethod::Spawn,
        mp::StartMethod::Fork => StartMethod::Fork,
        mp::StartMethod::Forkserver => StartMethod::Forkserver,
        mp::StartMethod::Threads => StartMethod::Threads,
    }
}
