//! The `preceptor` program: everything it does is in the library.

fn main() -> ! {
    let code = preceptor::cli::run();
    // Ending the process is the only way past a thread that still waits for standard input.
    #[expect(clippy::disallowed_methods, reason = "this is the program's end")]
    std::process::exit(i32::from(code))
}
