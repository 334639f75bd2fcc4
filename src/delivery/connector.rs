//! Connects to receivers, over TLS where the URL says `https`.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use akol_mock_world::account::settings::Profile;
use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::CertificateDer;
use tower_service::Service;

use super::resolver::Resolver;
use super::transport::Stream;
use super::trust::Trust;

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// Makes connections for the HTTP client. Clones share what they trust.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector<Resolver>,
    trust: Trust,
}

impl Connector {
    /// Trusts `extra_roots` beside those of the machine.
    pub(super) fn new(profile: Profile, extra_roots: Vec<CertificateDer<'static>>) -> Connector {
        let mut tcp = HttpConnector::new_with_resolver(Resolver::new(profile));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Connector { tcp, trust: Trust::new(extra_roots) }
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(BoxError::from)
    }

    fn call(&mut self, receiver: Uri) -> Self::Future {
        let mut connector = self.clone();
        Box::pin(async move {
            if receiver.scheme() == Some(&Scheme::HTTP) {
                return Ok(MaybeHttpsStream::Http(connector.tcp.call(receiver).await?));
            }
            let roots = connector.trust.roots().await?;
            let connecting = HttpsConnector::from((connector.tcp, Arc::clone(&roots.config))).call(receiver);
            connecting.await.map_err(|error| roots.blamed_for(error))
        })
    }
}
