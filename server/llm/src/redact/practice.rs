//! Secrets as they stand in practice, and text that only looks like them.

use super::redact;

/// Checks that what stands between `«` and `»`, and nothing else, is replaced.
#[track_caller]
fn check(marked: &str) {
    let (text, expected) = parts(marked);
    let redacted = redact(&text);
    assert_eq!(without_labels(&redacted), expected, "of {text}");
    assert_eq!(redact(&redacted), redacted, "redacting twice changes something");
    // The same as the text of a JSON document, whose line breaks and quotes are escaped. What makes
    // a block of lines a secret is not looked for there.
    if marked.contains("kind: Secret") {
        return;
    }
    let escaped = serde_json::to_string(&text).expect("text is JSON");
    for secret in secrets(marked) {
        assert!(!redact(&escaped).contains(secret), "{secret} is left in {}", redact(&escaped));
    }
}

fn secrets(marked: &str) -> impl Iterator<Item = &str> {
    // What a line break parts is looked for by its parts.
    marked.split('«').skip(1).filter_map(|it| it.split('»').next()).flat_map(str::lines)
}

fn parts(marked: &str) -> (String, String) {
    let (mut text, mut expected) = (String::new(), String::new());
    for (piece_idx, piece) in marked.split(['«', '»']).enumerate() {
        text.push_str(piece);
        expected.push_str(if piece_idx % 2 == 0 { piece } else { "***" });
    }
    (text, expected)
}

fn without_labels(redacted: &str) -> String {
    let mut pieces = redacted.split("[redacted:");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push_str("***");
        text.push_str(piece.split_once(']').map_or("", |it| it.1));
    }
    text
}

#[test]
fn what_a_command_is_given() {
    for marked in [
        "echo «words» | docker login --password-stdin",
        "printf '%s' «words» | docker login -u bob --password-stdin a.example",
        "echo -n \"«my words»\" | gh auth login --with-token",
        "docker login -u bob --password-stdin <<< \"«words»\"",
        "echo «words» | sudo -S apt-get update",
        "echo 'bob:«words»' | sudo chpasswd",
        "PGPASSWORD=«words» psql -U bob -h db.example -c 'select 1'",
        "redis-cli -h cache -a «words» ping",
        "mongosh -u bob -p «words» a.example/shop",
        "ldapsearch -x -D cn=bob -w «words» -b dc=example",
        "zip -P «words» out.zip a.txt && unzip -P «words» out.zip",
        "openssl pkcs12 -in a.p12 -passin pass:«words» -nodes",
        "htpasswd -bc .htpasswd bob «words»",
        "kubectl create secret generic db --from-literal=password=«words» -n shop",
        "http -a bob:«words» https://a.example/x",
        "gpg --batch --passphrase «hunter22» -d a.gpg",
        "smbclient -U bob%«words» //server/share",
        "vault login «hvx4567890123456»",
        "curl 'https://a.example/x?access_token=«words»&page=2'",
        "curl -H 'Authorization: token «a1b2c3d4e5f6»' https://a.example",
        "curl -H \"X-Api-Key: «a1b2c3d4e5»\" https://a.example",
    ] {
        check(marked);
    }
}

#[test]
fn what_files_of_settings_hold() {
    for marked in [
        "password «outsecret004pw»\nusername bob",
        "PASS: «outsecret016x»\n",
        "accountKey=«outsecret017abcdef==»;EndpointSuffix=x",
        "passphrase: «outsecret018x»\n",
        "apiVersion: v1\ndata:\n  password: «aHVudGVy»\n  user.name: «Ym9i»\nkind: Secret\nmetadata:\n  name: db",
        "kind: Secret\nstringData:\n  url: «plain»\n  key: \"«words»\"\n---\n",
        "{\"kind\": \"Secret\", \"data\": {\"a\": \"«Ym9i»\", \"b\": \"«Ym9i»\"}}",
        "DB_HOST=localhost\nDB_PASS=«words»\nSECRET_KEY_BASE=«words»\nAPP_KEY=«base64:d29yZHM=»",
        "    environment:\n      POSTGRES_USER: bob\n      POSTGRES_PASSWORD: «words»\n      - MYSQL_ROOT_PASSWORD=«words»",
        "db.example:5432:shop:bob:«words»\n*:*:*:bob:«w:ords»",
        "machine a.example login bob password «words»\ndefault login anonymous password «words»",
        "machine a.example\nlogin bob\npassword «words»\n",
        "[default]\naws_access_key_id = «AKIAABCDEFGH12345678»\naws_secret_access_key = «wJalr/K7MDENG+bPxRfiCYzzzzzzzzzzzzzzzzzz»\nregion = eu",
        "{\"SecretAccessKey\": \"«wJalr/K7MDENG»\", \"SessionToken\": \"«IQoJb3JpZ2luX2VjE»\"}",
        "//registry.example/:_authToken=«words»\n//registry.example/:_password=«d29yZHM=»\nalways-auth=true",
        "<server><id>a</id><username>bob</username><password>«words»</password></server>",
        "<passphrase>«words»</passphrase><password>«{COQLCE6DU6GtcS5P=}»</password>",
        "bob:«$apr1$Zx8Y1.aB$k9wQ3n5vXb7mT2rL4pS6d/»\nann:«$2y$05$abcdefghijklmnopqrstuuKx8Y1aBk9wQ3n5vXb7mT2rL4pS6d»",
        "root:«$6$saltsalt$k9wQ3n5vXb7mT2rL4pS6dk9wQ3n5vXb7mT2rL4pS6d»:19000:0:99999:7:::",
        "Server=db;Database=shop;User Id=sa;Password=«my words»;Encrypt=true",
        "conn = \"Server=db;Uid=sa;Pwd=«words»\"",
        "host=db user=bob password=«words» dbname=shop",
        "bob:«words»@tcp(db:3306)/shop",
        "jdbc:oracle:thin:scott/«words»@db:1521:shop",
        "postgres://bob:«words»@db/shop?sslmode=require",
        "`redis://:«w@rds»@cache:6379`, `API_KEY=«words»`, then",
        "https://hooks.slack.com/services/«T0000/B0000/abcd1234abcd1234»",
        "https://a.blob.core.windows.net/x?sv=2022&sp=r&sig=«ab%2Fcd%3D»",
        "{\"auths\": {\"a.example\": {\"auth\": \"«Ym9iOndvcmRz»\"}}}",
        "users:\n- name: bob\n  user:\n    client-certificate-data: LS0tCERT\n    client-key-data: «LS0tLS1CRUdJTiBQUklWQVRFabcd1234»\n    token: «abcd1234efgh»",
        "{\"type\": \"service_account\", \"private_key_id\": \"«0123abcd4567»\", \"client_email\": \"a@b.example\"}",
        "[Interface]\nPrivateKey = «yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=»\nAddress = 10.0.0.1/24",
        "{ auth: { user: 'bob', pass: '«hunterpw»' } }",
        "\"password\": \"«p@ss,w(0)rd;1»\"",
        "session: «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4»",
    ] {
        check(marked);
    }
    let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n\
               -----END OPENSSH PRIVATE KEY-----";
    assert_eq!(redact(&format!("a\n{key}\nb")), "a\n[redacted:private-key]\nb");
    let block = key.replace("OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK");
    assert_eq!(redact(&format!("a\n{block}\nb")), "a\n[redacted:private-key]\nb");
}

#[test]
fn harmless_text_stays() {
    for text in [
        "The password is asked for when the token has expired; its secret is kept elsewhere.",
        "passphrase: the phrase that protects a key on disk",
        "def login(user: str, password: str, token: str | None = None) -> Session2:",
        "token = next_token()\nsecret = load_secret(path)\npassword = getpass.getpass()",
        "pass: 3 fail: 0\nPASS=12 FAIL=0",
        "PASS: test_x\nPASS: test_utf8_decoding_2\nPASS: tests/lexer2.sh\nPASSED",
        "--- PASS: TestParse2 (0.00s)\nok  \texample.com/a/parser2\t0.012s",
        "ACCEPTANCE PASS: 12 of 12\n# PASS:  4",
        "Options:\n  -p, --password <PASSWORD>  the password of the user\n      --token <TOKEN>\n      --password-stdin  read it",
        "  --passphrase string   the passphrase (default \"none\")",
        "echo done | tee out.txt && echo \"$TOKEN\" | docker login --password-stdin",
        "cat token.txt | docker login --password-stdin; pass show mail | gh auth login --with-token",
        "echo '{\"a\": 1}' | jq . && echo a,b | wc -l",
        "src/main.rs:12:5: error[E0425]: cannot find value `token2`",
        "src/main.py:10:20:E501:too-long",
        "tokens: 4096, max_tokens: 200000, token count = 12345678",
        "kind: ConfigMap\ndata:\n  level: debug\n  url: http://a.example",
        "data:\n  - a: b\nkind: Deployment",
        "GET /search?q=token&page=2&key=name&sort=asc&state=open HTTP/1.1",
        "Authorization: required. See https://a.example/docs/auth2 for the header.",
        "Cookie consent: the cookie is set by the server.",
        "if password == other.password { return Err(Error::Password2) }",
        "self.token2 = token2; this.secret = secret1;",
        "let secret = Secret::<32>::generate(rng)?;",
        "password: ${{ secrets.PASSWORD_2 }}\ntoken: \"${TOKEN_1}\"",
        "HostName a.example\nUser bob\nIdentityFile ~/.ssh/id_ed25519\nPasswordAuthentication no",
        "secret 1 of 12 was read; token 7 was not",
        "POSTGRES_PASSWORD: string\nAPI_TOKEN: required\nSIGNING_KEY: optional",
        "user=bob;admin=false;path=/srv/app2",
        "git commit -m 'auth: check the token of v2 requests'",
        "zip -r out.zip src && 7z l out.zip && mongo --port 27017",
        "key-value store, api-key rotation, access key policies, client secret names",
        "Bearer of news; bearer tokens are described in RFC 6750",
        "a: 1\nb: 2\nworkspace:12:x:y",
        "<password/> <apiKey></apiKey> <label for=\"password2\">",
        "$1$2 and $6$x; awk '{print $1$2}'",
        "sha256:0123456789abcdef0123456789abcdef and Signature=none",
        "const icon = ok ? 'pass' : 'warning';",
        "def login(self, user=None, password=None, usenetrc=True):",
        "bypass: enabled2nd\ncompass: northwest1",
    ] {
        assert_eq!(redact(text), text);
    }
}
