//! What rust-analyzer makes of a declaration: it is started on this workspace, opens `lib.rs` beside this file, and is asked what an editor asks.
//!
//! `cargo run -p fireclay-editor`; needs `rustup component add rust-analyzer`.

use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};
use std::io::BufReader;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

const SOURCE: &str = include_str!("lib.rs");

/// Where the cursor stands (at the start of the second within the only place of the first), and what the editor must show there.
const HOVERS: [(&str, &str, &str); 9] = [
    ("stem: Conv", "stem", "pub stem: StemParams"),
    ("stem: Conv", "Conv", "Conv(channels, kernel,"),
    ("last: Dense", "Dense", "[f] → [features]"),
    ("split(trunk", "split", "split"),
    ("split(trunk", "trunk", "Tensor<(Const<8>, Const<8>, Const<8>)>"),
    ("concat(second, first)", "first", "Tensor<(Const<4>, Const<8>, Const<8>)>"),
    ("= image ->", "image", "Tensor<(Const<3>, Const<8>, Const<8>)>"),
    ("value + (value", "value", "Tensor<(Const<8>, Const<8>, Const<8>)>"),
    ("Conv(WIDTH", "WIDTH", "= 8"),
];

/// Where the cursor stands, and where the definition is that the editor must go to.
const DEFINITIONS: [(&str, &str, &str, &str); 9] = [
    ("split(trunk", "trunk", "let trunk", "trunk"),
    ("= image ->", "image", "Small(image", "image"),
    ("other: first ->", "first", "(first, second) =", "first"),
    ("body: Residual", "Residual", "block Residual", "Residual"),
    ("inner: Conv(channels", "channels", "Residual(value; channels)", "channels"),
    ("Residual(WIDTH)", "WIDTH", "const WIDTH", "WIDTH"),
    ("-> again -> LogSoftmax", "again", "again: Dense", "again"),
    ("net.stem.weight", "stem", "stem: Conv", "stem"),
    ("net.body.inner", "inner", "inner: Conv", "inner"),
];

/// What is typed in place of the first, where the cursor stands in it (`|`), and what the editor must offer, or must not.
const COMPLETIONS: [(&str, &str, &str, &str); 4] = [
    ("-> Flatten -> last", "-> Fla| -> last", "Flatten", "trunk"),
    ("body: Residual(WIDTH)", "body: Resi|", "Residual", "trunk"),
    ("(class, other: first ->", "(class, other: fir| ->", "first", ""),
    ("net.stem.weight", "net.st|.weight", "stem", "Conv"),
];

/// The place in a text where the second begins within the first.
fn place(text: &str, around: &str, at: &str) -> Value {
    let from = text.find(around).unwrap_or_else(|| panic!("`{around}` stands in the file"));
    let offset = from + around.find(at).unwrap_or_else(|| panic!("`{at}` stands in `{around}`"));
    position(text, offset)
}

fn position(text: &str, offset: usize) -> Value {
    let before = &text[..offset];
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    json!({ "line": before.matches('\n').count(), "character": text[line..offset].encode_utf16().count() })
}

struct Server {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    asked: i32,
    uri: String,
    version: i32,
}

impl Server {
    fn start() -> Self {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let root = std::fs::canonicalize(root).expect("the workspace");
        let mut child = Command::new("rust-analyzer")
            .current_dir(&root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("rust-analyzer (rustup component add rust-analyzer)");
        let (to, from) = (child.stdin.take().expect("its input"), child.stdout.take().expect("its output"));
        let uri = format!("file://{}", concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs"));
        let mut server = Self { child, to, from: BufReader::new(from), asked: 0, uri, version: 1 };
        let _ = server.ask(
            "initialize",
            json!({
                "processId": std::process::id(),
                "rootUri": format!("file://{}", root.display()),
                "capabilities": { "experimental": { "serverStatusNotification": true }, "general": { "positionEncodings": ["utf-16"] } },
                "initializationOptions": { "checkOnSave": false, "cachePriming": { "enable": false }, "cargo": { "allTargets": false } },
            }),
        );
        server.tell("initialized", json!({}));
        let document = json!({ "uri": server.uri, "languageId": "rust", "version": 1, "text": SOURCE });
        server.tell("textDocument/didOpen", json!({ "textDocument": document }));
        server.wait();
        server
    }

    /// Until it has read everything.
    fn wait(&mut self) {
        loop {
            if let Message::Notification(said) = self.read()
                && said.method == "experimental/serverStatus"
            {
                assert!(said.params["health"] != "error", "rust-analyzer: {}", said.params);
                if said.params["quiescent"] == true {
                    return;
                }
            }
        }
    }

    /// The next message that is no request of its own; those are answered with nothing.
    fn read(&mut self) -> Message {
        loop {
            let message = Message::read(&mut self.from).expect("a message").expect("rust-analyzer ended early");
            let Message::Request(request) = message else { return message };
            self.send(Message::Response(lsp_server::Response::new_ok(request.id, Value::Null)));
        }
    }

    fn send(&mut self, message: Message) {
        message.write(&mut self.to).expect("rust-analyzer listens");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(Message::Notification(Notification::new(method.to_owned(), params)));
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        // A question that a change overtook is asked again.
        for _ in 0..20 {
            self.asked += 1;
            let id = RequestId::from(self.asked);
            self.send(Message::Request(Request::new(id.clone(), method.to_owned(), params.clone())));
            let response = loop {
                match self.read() {
                    Message::Response(response) if response.id == id => break response,
                    _ => {}
                }
            };
            match response.error {
                None => return response.result.unwrap_or_default(),
                Some(error) => assert!(error.code == -32801 || error.code == -32802, "{method}: {}", error.message),
            }
        }
        panic!("{method}: no answer");
    }

    fn at(&mut self, method: &str, position: &Value) -> Value {
        let document = json!({ "uri": self.uri });
        self.ask(method, json!({ "textDocument": document, "position": position }))
    }

    fn change(&mut self, text: &str) {
        self.version += 1;
        let document = json!({ "uri": self.uri, "version": self.version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
    }
}

fn main() -> ExitCode {
    let mut server = Server::start();
    let mut wrong = Vec::new();
    for (around, at, wanted) in HOVERS {
        let shown = server.at("textDocument/hover", &place(SOURCE, around, at)).to_string();
        if !shown.contains(wanted) {
            wrong.push(format!("hover on `{at}` in `{around}` lacks `{wanted}`: {shown}"));
        }
    }
    for (around, at, there, name) in DEFINITIONS {
        let found = server.at("textDocument/definition", &place(SOURCE, around, at));
        let wanted = place(SOURCE, there, name);
        let all = found.as_array().into_iter().flatten();
        let starts = |target: &Value| target["targetSelectionRange"]["start"] == wanted || target["range"]["start"] == wanted;
        if !all.clone().any(starts) {
            wrong.push(format!("definition of `{at}` in `{around}` is not `{there}`: {found}"));
        }
    }
    for (written, typed, offered, refused) in COMPLETIONS {
        let text = SOURCE.replacen(written, &typed.replace('|', ""), 1);
        let cursor = SOURCE.find(written).expect("in the file") + typed.find('|').expect("a cursor");
        server.change(&text);
        let found = server.at("textDocument/completion", &position(&text, cursor));
        let items = found.get("items").unwrap_or(&found).as_array().cloned().unwrap_or_default();
        let labels: Vec<&str> = items.iter().filter_map(|item| item["label"].as_str()).collect();
        if !labels.contains(&offered) || labels.contains(&refused) {
            wrong.push(format!("`{typed}` is to offer `{offered}` and not `{refused}`: {labels:?}"));
        }
    }
    let _ = server.child.kill();
    let cases = HOVERS.len() + DEFINITIONS.len() + COMPLETIONS.len();
    println!("{} of {cases} answers of rust-analyzer are as they should be", cases - wrong.len());
    wrong.iter().for_each(|text| println!("{text}"));
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
