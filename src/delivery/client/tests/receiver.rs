//! Receivers of every kind, on free ports of this machine.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

type Reply = Response<Full<Bytes>>;

/// A receiver that speaks HTTP, for as long as its test runs.
pub(super) struct Receiver {
    scheme: &'static str,
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Receiver {
    pub(super) async fn start<H, F>(handler: H) -> Receiver
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Reply> + Send + 'static,
    {
        Receiver::serve("http", handler, |stream| async { Some(stream) }).await
    }

    pub(super) async fn start_tls<H, F>(config: ServerConfig, handler: H) -> Receiver
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Reply> + Send + 'static,
    {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Receiver::serve("https", handler, move |stream| {
            let acceptor = acceptor.clone();
            async move { acceptor.accept(stream).await.ok() }
        })
        .await
    }

    async fn serve<H, F, W, S, I>(scheme: &'static str, handler: H, wrap: W) -> Receiver
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Reply> + Send + 'static,
        W: Fn(TcpStream) -> S + Send + 'static,
        S: Future<Output = Option<I>> + Send + 'static,
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (listener, _) = bind(scheme).await;
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let stream = wrap(stream);
                let handler = handler.clone();
                tokio::spawn(async move {
                    let Some(stream) = stream.await else { return };
                    let service = service_fn(move |request| {
                        let reply = handler(request);
                        async { Ok::<_, Infallible>(reply.await) }
                    });
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Receiver { scheme, port, connections }
    }

    pub(super) fn url(&self) -> String {
        self.url_at("127.0.0.1")
    }

    pub(super) fn url_at(&self, host: &str) -> String {
        url(self.scheme, &format!("{host}:{}", self.port))
    }

    /// How many connections have been made to it.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Answers every request with `status` and a short body.
pub(super) fn replying(
    status: u16,
) -> impl Fn(Request<Incoming>) -> std::future::Ready<Reply> + Clone + Send + 'static {
    move |_| std::future::ready(Response::builder().status(status).body("thanks".into()).unwrap())
}

/// Listens on a free port, and says at which URL.
pub(super) async fn bind(scheme: &str) -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = url(scheme, &listener.local_addr().unwrap().to_string());
    (listener, url)
}

pub(super) fn url(scheme: &str, authority: &str) -> String {
    format!("{scheme}://{authority}/")
}

/// Answers whatever comes with these bytes, and closes.
pub(super) async fn raw(answer: &'static [u8]) -> String {
    let (listener, url) = bind("http").await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            read_some(&mut stream).await;
            write_all(&mut stream, answer).await;
        }
    });
    url
}

pub(super) async fn read_some(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 4096]).await;
}

/// Whether the other side took it.
pub(super) async fn write_all(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    stream.write_all(bytes).await.is_ok()
}

/// A certificate authority of the test's own.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(super) fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// The settings of a server that has a certificate for `name`.
    pub(super) fn server(&self, name: &str) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        settings(params.signed_by(&key, &self.0).unwrap().der().clone(), &key)
    }

    /// The settings of a server whose certificate for `name` was good in 1975 to 1976.
    pub(super) fn expired_server(&self, name: &str) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(1975, 1, 1);
        params.not_after = rcgen::date_time_ymd(1976, 1, 1);
        settings(params.signed_by(&key, &self.0).unwrap().der().clone(), &key)
    }

    /// The settings of a server that shows the authority's own certificate.
    pub(super) fn server_as_itself(&self) -> ServerConfig {
        settings(self.root(), self.0.key())
    }
}

fn settings(certificate: CertificateDer<'static>, key: &KeyPair) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap()
}
