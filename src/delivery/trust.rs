//! Whom to trust at `https` receivers: Mozilla's roots; the machine's, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name, so that a
//! receiver may have a certificate of its owner's making; and what a test adds.

use std::error::Error as _;
use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_native_certs::{CertificateResult, Error, load_certs_from_paths, load_native_certs};
use tokio::sync::OnceCell;

use super::connector::BoxError;
use super::failure::causes;
use super::shortage::Shortage;

const FILE: &str = "SSL_CERT_FILE";
const DIR: &str = "SSL_CERT_DIR";

/// See the module. Clones share it.
///
/// It is read at the first `https` delivery: that takes some ten milliseconds, and most runs never need it. While something is wrong with
/// what the environment names, it is read anew for each connection, so that putting it right is enough.
#[derive(Clone)]
pub(super) struct Trust {
    sound: Arc<OnceCell<Roots>>,
    extra: Vec<CertificateDer<'static>>,
}

/// What has been read.
#[derive(Clone)]
pub(super) struct Roots {
    pub(super) config: Arc<ClientConfig>,
    /// What is wrong with that which the environment names; empty where nothing is.
    problems: Arc<str>,
}

impl Trust {
    pub(super) fn new(extra: Vec<CertificateDer<'static>>) -> Trust {
        Trust { sound: Arc::default(), extra }
    }

    pub(super) async fn roots(&self) -> Result<Roots, BoxError> {
        if let Some(roots) = self.sound.get() {
            return Ok(roots.clone());
        }
        let extra = self.extra.clone();
        let roots = tokio::task::spawn_blocking(move || read(extra)).await??;
        if roots.problems.is_empty() {
            // Another may have been quicker, and has read the same.
            let _ = self.sound.set(roots.clone());
        }
        Ok(roots)
    }
}

impl Roots {
    /// That error, with what may have caused it: a root that is wanted, and cannot be read.
    pub(super) fn blamed_for(&self, error: BoxError) -> BoxError {
        let is_unknown = |error: &rustls::Error| {
            use CertificateError::{BadSignature, UnknownIssuer};
            matches!(error, rustls::Error::InvalidCertificate(UnknownIssuer | BadSignature))
        };
        let is_of_roots = causes(&*error).filter_map(|cause| cause.downcast_ref()).any(is_unknown);
        if is_of_roots && !self.problems.is_empty() {
            Box::new(Distrusted { error, problems: Arc::clone(&self.problems) })
        } else {
            error
        }
    }
}

/// A certificate is not trusted, and roots that the environment names cannot be read.
#[derive(Debug)]
pub(super) struct Distrusted {
    pub(super) error: BoxError,
    pub(super) problems: Arc<str>,
}

impl fmt::Display for Distrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.error, self.problems)
    }
}

impl std::error::Error for Distrusted {}

/// What is wrong with that which `SSL_CERT_FILE` and `SSL_CERT_DIR` name; nothing where they are not set. Reads files.
pub fn certificate_problems() -> Vec<String> {
    let variable = |name| std::env::var_os(name);
    Named::read(variable(FILE).as_deref(), variable(DIR).as_deref()).problems
}

/// Whether the environment names certificates.
pub fn names_certificates() -> bool {
    [FILE, DIR].iter().any(|name| std::env::var_os(name).is_some())
}

fn read(extra: Vec<CertificateDer<'static>>) -> Result<Roots, BoxError> {
    let variable = |name| std::env::var_os(name);
    let (file, dir) = (variable(FILE), variable(DIR));
    let Named { certificates, problems, shortage } = if file.is_none() && dir.is_none() {
        Named::of_machine(load_native_certs())
    } else {
        Named::read(file.as_deref(), dir.as_deref())
    };
    if let Some(error) = shortage {
        return Err(error.into());
    }
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(certificates);
    roots.add_parsable_certificates(extra);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    Ok(Roots { config, problems: problems.join("; ").into() })
}

/// What was found where certificates are said to be.
#[derive(Default)]
struct Named {
    certificates: Vec<CertificateDer<'static>>,
    problems: Vec<String>,
    /// Why something could not be read that is no fault of its own.
    shortage: Option<Error>,
}

impl Named {
    /// The machine's own: what cannot be read there is left out.
    fn of_machine(mut found: CertificateResult) -> Named {
        let shortage = take_shortage(&mut found);
        Named { certificates: found.certs, problems: Vec::new(), shortage }
    }

    fn read(file: Option<&OsStr>, dir: Option<&OsStr>) -> Named {
        let mut named = Named::default();
        if let Some(file) = file {
            named.take(FILE, Path::new(file), load_certs_from_paths(Some(Path::new(file)), None));
        }
        for dir in dir.iter().flat_map(std::env::split_paths).filter(|dir| !dir.as_os_str().is_empty()) {
            named.take(DIR, &dir, load_certs_from_paths(None, Some(&dir)));
        }
        named
    }

    fn take(&mut self, name: &str, path: &Path, mut found: CertificateResult) {
        self.shortage = self.shortage.take().or_else(|| take_shortage(&mut found));
        let usable = RootCertStore::empty().add_parsable_certificates(found.certs.iter().cloned()).0;
        let problem = match found.errors.first() {
            Some(error) if usable == 0 => {
                // Its own words name the path again.
                let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                Some(format!("cannot be read: {why}"))
            }
            None if usable == 0 => Some("holds no certificate in PEM that can be used".to_owned()),
            Some(error) => Some(format!("can be read in part only: {error}")),
            None => None,
        };
        self.problems
            .extend(problem.map(|problem| format!("{name} is {:?}, which {problem}", path.display().to_string())));
        self.certificates.append(&mut found.certs);
    }
}

/// The first error that comes of a lack of descriptors or memory.
fn take_shortage(found: &mut CertificateResult) -> Option<Error> {
    let is_shortage = |error: &Error| causes(error).any(Shortage::is_told_by);
    let position = found.errors.iter().position(is_shortage)?;
    Some(found.errors.swap_remove(position))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn pem() -> String {
        let key = KeyPair::generate().unwrap();
        CertificateParams::new(["a".to_owned()]).unwrap().self_signed(&key).unwrap().pem()
    }

    fn problem(file: Option<&Path>, dir: Option<&Path>) -> String {
        Named::read(file.map(Path::as_os_str), dir.map(Path::as_os_str)).problems.join("; ")
    }

    #[test]
    fn what_is_missing_empty_or_no_certificate_is_named() {
        let folder = std::env::temp_dir().join(format!("akol-mock-trust-{}", std::process::id()));
        let empty = folder.join("empty");
        fs::create_dir_all(&empty).unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let good = file("good.pem", &pem());
        assert_eq!(problem(None, None), "");
        assert_eq!(problem(Some(&good), None), "");
        let named = Named::read(Some(good.as_os_str()), None);
        assert_eq!(named.certificates.len(), 1);

        let missing = problem(Some(&folder.join("missing.pem")), None);
        assert!(
            missing.starts_with("SSL_CERT_FILE is \"")
                && missing.contains("missing.pem\", which cannot be read: No such file"),
            "{missing}"
        );
        for (name, text) in [
            ("none.pem", ""),
            ("words.pem", "no certificate"),
            ("der.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ] {
            let none = problem(Some(&file(name, text)), None);
            assert!(none.contains("which holds no certificate"), "{none}");
        }
        let broken =
            problem(Some(&file("broken.pem", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")), None);
        assert!(broken.contains("broken.pem"), "{broken}");
        let a_folder = problem(Some(&folder), None);
        assert!(a_folder.contains("which cannot be read: Is a directory"), "{a_folder}");
        assert!(problem(None, Some(&empty)).starts_with("SSL_CERT_DIR is \""), "an empty folder");
        assert!(problem(None, Some(&folder.join("none"))).contains("No such file"), "a folder that is not there");
        let both = std::env::join_paths([folder.join("none"), empty.clone()]).unwrap();
        assert_eq!(Named::read(None, Some(&both)).problems.len(), 2);
        fs::remove_dir_all(folder).unwrap();
    }
}
