//! The program: the world of the library on two ports.

use sandbox::settings::Settings;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match sandbox::run(Settings::read()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            sandbox::fatal(&error);
            ExitCode::FAILURE
        }
    }
}
