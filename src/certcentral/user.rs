//! Whose key it is: `GET user/me`. The account's names and addresses are not kept.

use serde_json::Value;

use super::Client;
use super::error::{Class, Error, Unreadable};
use super::transport::Answer;
use super::wire::Loose;

/// The user an API key belongs to. Every field may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// The user id.
    pub id: Option<i64>,
    /// `active`, `inactive`, or something new.
    pub status: Option<String>,
    /// The account the key orders on.
    pub account_id: Option<i64>,
    /// What the user may do.
    pub access_roles: Vec<AccessRole>,
}

/// A role of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessRole {
    /// 1 administrator, 2 limited user, 3 finance manager, 4 manager, 5 standard user, or something new.
    pub id: Option<i64>,
    /// What CertCentral calls it.
    pub name: Option<String>,
}

impl Client {
    /// Reads the key's own user: the cheapest proof that the key is accepted.
    pub async fn me(&self) -> Result<Answer<User>, Error> {
        let answer = self.transport.get(&["user", "me"]).await?;
        let user = read(&answer.value).ok_or(Class::Unreadable(Unreadable::Unexpected))?;
        Ok(answer.map(|_| user))
    }
}

fn read(json: &Value) -> Option<User> {
    let user = Loose::new(json);
    user.is_object().then(|| User {
        id: user.field("id").id(),
        status: user.field("status").text(),
        account_id: user.field("account").field("id").id(),
        access_roles: user
            .field("access_roles")
            .items()
            .into_iter()
            .map(|role| AccessRole {
                id: role.field("id").id(),
                name: role.field("name").text(),
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_is_read_loosely() {
        let json = json!({
            "id": "7", "username": "x", "status": "active", "account": {"id": 5153},
            "access_roles": [{"id": 1, "name": "Administrator"}, {"id": "100"}],
        });
        assert_eq!(
            read(&json),
            Some(User {
                id: Some(7),
                status: Some("active".to_owned()),
                account_id: Some(5153),
                access_roles: vec![
                    AccessRole {
                        id: Some(1),
                        name: Some("Administrator".to_owned())
                    },
                    AccessRole {
                        id: Some(100),
                        name: None
                    },
                ],
            })
        );
        assert_eq!(read(&json!([])), Some(User::default()));
        assert_eq!(read(&json!("me")), None);
    }
}
