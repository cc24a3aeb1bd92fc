//! Work before `main`, for programs whose `main` is not their author's, as that of `#[test]`s.

/// Has a function without arguments called before `main`: `before_main!(path::to::function);`,
/// beside other items.
///
/// The function runs while the program has one thread, and may not panic.
#[macro_export]
macro_rules! before_main {
    ($work:path) => {
        const _: () = {
            extern "C" fn before_main() {
                $crate::early::prepare();
                $work();
            }

            /// The system calls what lies in this section when the program is loaded.
            #[used]
            #[cfg_attr(
                not(any(windows, target_vendor = "apple")),
                unsafe(link_section = ".init_array")
            )]
            #[cfg_attr(
                target_vendor = "apple",
                unsafe(link_section = "__DATA,__mod_init_func")
            )]
            #[cfg_attr(windows, unsafe(link_section = ".CRT$XCU"))]
            static BEFORE_MAIN: extern "C" fn() = before_main;
        };
    };
}

/// Does what Rust's own start would have done by now for code that never comes to `main`.
#[doc(hidden)]
pub fn prepare() {
    crate::system::exit::survive_closed_pipes();
}
