//! Connects to receivers, over TLS where the URL says `https`.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;
use tower_service::Service;

use super::resolver::Resolver;
use super::transport::Stream;
use crate::config::Profile;

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// Makes connections for the HTTP client. Clones share what they trust.
///
/// Whom to trust is read at the first `https` delivery: it takes some ten milliseconds, and most runs never need it.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector<Resolver>,
    trust: Arc<OnceCell<Arc<ClientConfig>>>,
    extra_roots: Vec<CertificateDer<'static>>,
}

impl Connector {
    /// Trusts `extra_roots` beside the roots of [`trust`].
    pub(super) fn new(profile: Profile, extra_roots: Vec<CertificateDer<'static>>) -> Connector {
        let mut tcp = HttpConnector::new_with_resolver(Resolver::new(profile));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Connector { tcp, trust: Arc::default(), extra_roots }
    }

    async fn trust(&self) -> Result<Arc<ClientConfig>, BoxError> {
        let load = || async {
            let extra_roots = self.extra_roots.clone();
            let config = tokio::task::spawn_blocking(move || trust(extra_roots)).await??;
            Ok::<_, BoxError>(Arc::new(config))
        };
        self.trust.get_or_try_init(load).await.cloned()
    }
}

/// Reads whom to trust: Mozilla's roots; the machine's, or those that `SSL_CERT_FILE` or `SSL_CERT_DIR` name, so that
/// a receiver may have a certificate of its owner's making; and `extra_roots`.
///
/// Roots that cannot be read are left out: what they vouch for is then refused by name, and all else still works.
fn trust(extra_roots: Vec<CertificateDer<'static>>) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(extra_roots);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
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
            let trust = connector.trust().await?;
            HttpsConnector::from((connector.tcp, trust)).call(receiver).await
        })
    }
}
