//! The base protocol: a header with a length, then JSON.

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Reads one message; `None` at the end of the stream.
pub(crate) async fn read(reader: &mut (impl AsyncBufRead + Unpin)) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            header => {
                if let Some(value) = header.strip_prefix("Content-Length: ") {
                    length = Some(value.parse().expect("the length is a number"));
                }
            }
        }
    }
    let mut body = vec![0; length.expect("every message has a length")];
    reader.read_exact(&mut body).await.ok()?;
    Some(serde_json::from_slice(&body).expect("every body is JSON"))
}

/// Writes one message. Errors are left to the reader, which then finds the end.
pub(crate) async fn write(writer: &mut (impl AsyncWrite + Unpin), message: &Value) {
    let body = message.to_string();
    let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    let _ = writer.write_all(frame.as_bytes()).await;
    let _ = writer.flush().await;
}
