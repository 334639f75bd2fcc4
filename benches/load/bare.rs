//! The yardstick: hyper and nothing else. Answers whatever comes with bytes made beforehand, and looks at none of it.

use tokio::net::TcpListener;

use crate::prebuilt::Prebuilt;

/// Serves the answers in that file in turn, heads and bodies as they were on the wire, for ever.
pub fn serve(file: &str) {
    let prebuilt = Prebuilt::read(&std::fs::read(file).expect("the answers can be read"));
    // The runtime that the product has.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        println!("bare hyper listening on http://{}", listener.local_addr().expect("it has an address"));
        prebuilt.serve(listener).await;
    });
}
