//! App key and secret: from the environment or from a file that only its owner can read.

use crate::config::Credentials;
use secrecy::SecretString;
use std::fmt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The pair that a token is issued for. Prints as nothing but its name.
#[derive(Clone)]
pub struct AppKeys {
    /// `appkey`.
    pub app_key: SecretString,
    /// `secretkey`.
    pub secret_key: SecretString,
}

impl fmt::Debug for AppKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKeys(***)")
    }
}

/// Credentials that cannot be used. No variant holds any of the secret's text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The environment variable is not set, or empty.
    #[error("environment variable {0} is not set or is empty; export it before starting")]
    MissingVariable(String),
    /// The file cannot be read.
    #[error("cannot read the credentials file {path}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Somebody else can read the file.
    #[error(
        "the credentials file {path} can be read by others (mode {mode:04o}); \
         run: chmod 600 {path}"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file belongs to somebody else.
    #[error(
        "the credentials file {path} belongs to user {owner}, not to the user who runs the engine ({user})"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// The effective user.
        user: u32,
    },
    /// The file is not as expected.
    #[error("the credentials file {path} must hold app_key = \"…\" and secret_key = \"…\": {what}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, without quoting the file.
        what: String,
    },
}

/// Fetches the pair that the configuration names.
pub fn load(source: &Credentials) -> Result<AppKeys, CredentialsError> {
    match source {
        Credentials::Embedded => Ok(AppKeys {
            app_key: SecretString::from("embedded-app-key"),
            secret_key: SecretString::from("embedded-secret-key"),
        }),
        Credentials::Environment { app_key_env, secret_key_env } => {
            Ok(AppKeys { app_key: variable(app_key_env)?, secret_key: variable(secret_key_env)? })
        }
        Credentials::File { credentials_file } => from_file(credentials_file),
    }
}

fn variable(name: &str) -> Result<SecretString, CredentialsError> {
    match std::env::var(name) {
        Ok(value) if !value.trim().is_empty() => Ok(SecretString::from(value.trim())),
        _ => Err(CredentialsError::MissingVariable(name.to_owned())),
    }
}

fn from_file(path: &Path) -> Result<AppKeys, CredentialsError> {
    let unreadable = |error| CredentialsError::Unreadable { path: path.into(), error };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    // The open file is asked, not the path: what is checked is what is read.
    let metadata = file.metadata().map_err(unreadable)?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(CredentialsError::Exposed { path: path.into(), mode });
    }
    // SAFETY: `geteuid` has no preconditions and cannot fail.
    let user = unsafe { libc::geteuid() };
    if metadata.uid() != user {
        return Err(CredentialsError::Foreign { path: path.into(), owner: metadata.uid(), user });
    }
    let text = std::io::read_to_string(file).map_err(unreadable)?;
    let malformed =
        |what: &str| CredentialsError::Malformed { path: path.into(), what: what.into() };
    // The parser's own message quotes the line it fails on, so it is not passed on.
    let table: toml::Table = text.parse().map_err(|_| malformed("it is not TOML"))?;
    let field = |key: &str| match table.get(key).and_then(toml::Value::as_str).map(str::trim) {
        Some(value) if !value.is_empty() => Ok(SecretString::from(value)),
        _ => Err(malformed(&format!("{key} is missing or empty"))),
    };
    let keys = AppKeys { app_key: field("app_key")?, secret_key: field("secret_key")? };
    match table.keys().any(|key| key != "app_key" && key != "secret_key") {
        true => Err(malformed("it holds other keys besides")),
        false => Ok(keys),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::fs::{Permissions, set_permissions, write};

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, Credentials) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        write(&path, text).unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        (dir, Credentials::File { credentials_file: path })
    }

    #[test]
    fn a_private_file_gives_the_pair() {
        let (_dir, source) = file("app_key = \"K\"\nsecret_key = \"S\"\n", 0o600);
        let keys = load(&source).unwrap();
        assert_eq!(keys.app_key.expose_secret(), "K");
        assert_eq!(format!("{keys:?}"), "AppKeys(***)");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_cure() {
        let (_dir, source) = file("app_key = \"K\"\nsecret_key = \"S\"\n", 0o640);
        let message = load(&source).unwrap_err().to_string();
        assert!(message.contains("mode 0640") && message.contains("chmod 600"), "{message}");
    }

    #[test]
    fn no_error_quotes_the_secret() {
        for text in ["app_key = \"CANARY\"\n", "app_key = CANARY", "app_key=\"a\"\nCANARY=\"b\"\n"]
        {
            let (_dir, source) = file(text, 0o600);
            let error = load(&source).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("CANARY"), "{error:?}");
        }
    }

    #[test]
    fn an_unset_variable_is_named() {
        let source = Credentials::Environment {
            app_key_env: "ENGINE_TEST_UNSET_APP_KEY".into(),
            secret_key_env: "ENGINE_TEST_UNSET_SECRET_KEY".into(),
        };
        let message = load(&source).unwrap_err().to_string();
        assert!(message.contains("ENGINE_TEST_UNSET_APP_KEY is not set"), "{message}");
    }
}
