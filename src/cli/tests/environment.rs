//! Variables that begin as those of options do.

use super::Scene;
use crate::cli::options;
use crate::config::Settings;

#[test]
fn a_variable_that_is_no_option_is_named_and_stops_nothing() {
    let end = "\"akol-mock --help\" names all options";
    for (variable, named) in [
        ("AKOL_MOCK_CALL", "AKOL_MOCK_CALL (did you mean AKOL_MOCK_CALLS?)"),
        ("AKOL_MOCK_RATE_LMIT", "AKOL_MOCK_RATE_LMIT (did you mean AKOL_MOCK_RATE_LIMIT?)"),
        ("AKOL_MOCK_SPED", "AKOL_MOCK_SPED (did you mean AKOL_MOCK_SPEED?)"),
        ("AKOL_MOCK_PORT", "AKOL_MOCK_PORT (write AKOL_MOCK_LISTEN=127.0.0.1:7)"),
        ("AKOL_MOCK_DATABASE", "AKOL_MOCK_DATABASE"),
        ("AKOL_MOCK_ENV_PATH", "AKOL_MOCK_ENV_PATH"),
        ("AKOL_MOCK_", "AKOL_MOCK_"),
    ] {
        let scene = Scene::env(variable, "7");
        assert_eq!(scene.settings(), Settings::default());
        assert_eq!(scene.warnings(), [format!("environment variable {named} is no option and has no effect; {end}")]);
    }
    let two = Scene::env("AKOL_MOCK_B", "1").and_env("AKOL_MOCK_A", "1");
    let expected = format!("environment variables that are no options have no effect: AKOL_MOCK_A, AKOL_MOCK_B; {end}");
    assert_eq!(two.warnings(), [expected]);
    let many = (0..30).fold(Scene::default(), |scene, number| scene.and_env(&format!("AKOL_MOCK_{number}_X"), "1"));
    assert!(many.warnings()[0].contains(" and 10 more; "), "{:?}", many.warnings());
}

#[test]
fn a_variable_that_is_no_option_is_named_where_the_start_fails_too() {
    let scene = Scene::env("AKOL_MOCK_TOKENS", "a,b").and_env("AKOL_MOCK_AUTH", "strict");
    let said = scene.refusal();
    let (warning, error) = said.split_once('\n').unwrap();
    assert!(
        warning.starts_with("warning: environment variable AKOL_MOCK_TOKENS (did you mean AKOL_MOCK_TOKEN?)"),
        "{said}"
    );
    assert!(error.starts_with("error: --auth strict, "), "{said}");
}

#[test]
fn variables_of_others_are_left_alone() {
    let scene = Scene::env("AKOL_API_KEY", "7").and_env("PATH", "/bin").and_env("AKOL_MOCK", "7");
    assert_eq!((scene.settings(), scene.warnings().len()), (Settings::default(), 0));
}

#[test]
fn what_kubernetes_sets_for_services_is_named_without_a_guess() {
    for (variable, value) in [
        ("AKOL_MOCK_SERVICE_HOST", "10.0.0.11"),
        ("AKOL_MOCK_SERVICE_PORT", "2565"),
        ("AKOL_MOCK_SERVICE_PORT_HTTP", "2565"),
        ("AKOL_MOCK_PORT", "tcp://10.0.0.11:2565"),
        ("AKOL_MOCK_PORT_2565_TCP", "tcp://10.0.0.11:2565"),
        ("AKOL_MOCK_PORT_2565_TCP_ADDR", "10.0.0.11"),
        ("AKOL_MOCK_CALL_SERVICE_HOST", "10.0.0.11"),
        ("AKOL_MOCK_LISTEN_PORT", "udp://[fd00::1]:53"),
        // A service whose name makes an option's: no option takes such a value.
        ("AKOL_MOCK_LISTEN", "tcp://10.0.0.9:2565"),
        ("AKOL_MOCK_CONFIG", "tcp://10.0.0.9:2565"),
    ] {
        let scene = Scene::env(variable, value);
        assert_eq!(scene.settings(), Settings::default(), "{variable}");
        let warnings = scene.warnings();
        let beginning = format!("environment variable {variable} is no option and has no effect; Kubernetes sets such");
        assert!(warnings.len() == 1 && warnings[0].starts_with(&beginning), "{warnings:?}");
    }
    let refusal = Scene::env("AKOL_MOCK_LISTEN", "tcp://mock:2565").refusal();
    assert!(refusal.contains("does not take \"tcp://mock:2565\""), "{refusal}");
}

#[test]
fn an_empty_variable_is_as_one_that_is_not_set() {
    for option in options::all() {
        for value in ["", " "] {
            let scene = Scene::env(&option.variable(), value);
            assert_eq!((scene.settings(), scene.warnings().len()), (Settings::default(), 0), "{}", option.name);
        }
    }
    assert!(Scene::env("AKOL_MOCK_NONE", "").warnings().is_empty());
    assert_eq!(Scene::file("seed = 7").and_env("AKOL_MOCK_SEED", "").settings().seed, 7, "the file counts then");
}
