//! What commands that use an engine share: where it is, and Ctrl-C.

use std::path::Path;

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Global;
use crate::engine::{self, Address, Choice, Surroundings};

/// Where the engine is, as the docker command would find it.
pub(super) fn address(global: &Global) -> anyhow::Result<Address> {
    let choice = Choice { host: global.host.as_deref(), context: global.context.as_deref() };
    let around = Surroundings {
        variable: &|name| std::env::var(name).ok(),
        home: std::env::home_dir(),
        exists: &|path: &Path| path.exists(),
    };
    Ok(engine::find(choice, &around)?)
}

/// Waits for Ctrl-C or SIGTERM.
pub(super) async fn interrupted() {
    let streams = signal(SignalKind::interrupt())
        .and_then(|interrupt| Ok((interrupt, signal(SignalKind::terminate())?)));
    match streams {
        Ok((mut interrupt, mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        // Without handlers, the signals end the program as they always did.
        Err(_) => std::future::pending().await,
    }
}
