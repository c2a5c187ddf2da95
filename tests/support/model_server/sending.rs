//! Events → the bytes of a stream, with their pauses and their sudden ends.

use std::{collections::VecDeque, convert::Infallible, io, sync::Arc, time::Duration};

use futures::stream;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Shared, script::Event};

/// What a stream still has to do, one entry a step.
enum Step {
    Send(Vec<u8>),
    Pause(Duration),
    Drop,
    Hang,
}

/// Counts a departure when it is dropped with steps left.
pub(crate) struct Sending {
    steps: VecDeque<Step>,
    shared: Arc<Shared>,
}

impl Sending {
    /// Sends nothing, for as long as it is kept.
    pub(crate) fn nothing(shared: Arc<Shared>) -> Sending {
        Sending { steps: VecDeque::from([Step::Hang]), shared }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if !self.steps.is_empty() {
            self.shared.note_departure();
        }
    }
}

/// Returns the bytes of a streamed reply.
pub(crate) fn sending(
    shared: Arc<Shared>,
    events: &[Event],
) -> impl futures::Stream<Item = Result<Vec<u8>, io::Error>> + use<> {
    let sending = Sending { steps: steps(events), shared };
    stream::unfold(sending, |mut sending| async move {
        loop {
            match sending.steps.front()? {
                Step::Hang => {
                    std::future::pending::<Infallible>().await;
                }
                Step::Pause(pause) => {
                    sleep(*pause).await;
                    sending.steps.pop_front();
                }
                Step::Drop => {
                    sending.steps.clear();
                    // Lets what was sent before reach the client first.
                    sleep(Duration::from_millis(20)).await;
                    return Some((Err(io::Error::other("the script drops it")), sending));
                }
                Step::Send(_) => {
                    let Some(Step::Send(bytes)) = sending.steps.pop_front() else { return None };
                    return Some((Ok(bytes), sending));
                }
            }
        }
    })
}

fn steps(events: &[Event]) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    let mut n_calls = 0;
    let send = |value: &Value| Step::Send(format!("data: {value}\n\n").into_bytes());
    for event in events {
        match event {
            Event::Chunk(chunk) => steps.push_back(send(chunk)),
            Event::Call { id, name, arguments } => {
                for delta in call_pieces(n_calls, id, name, arguments) {
                    let chunk =
                        json!({"choices": [{"index": 0, "delta": {"tool_calls": [delta]}}]});
                    steps.push_back(send(&chunk));
                }
                n_calls += 1;
            }
            Event::Raw(bytes) => steps.push_back(Step::Send(bytes.clone())),
            Event::Pause(pause) => steps.push_back(Step::Pause(*pause)),
            Event::End => return steps,
            Event::Drop => {
                steps.push_back(Step::Drop);
                return steps;
            }
            Event::Hang => {
                steps.push_back(Step::Hang);
                return steps;
            }
        }
    }
    steps.push_back(Step::Send(b"data: [DONE]\n\n".to_vec()));
    steps
}

/// Servers send the name first and the arguments in pieces.
fn call_pieces(index: usize, id: &str, name: &str, arguments: &str) -> [Value; 3] {
    let half = (arguments.len() / 2..=arguments.len())
        .find(|it| arguments.is_char_boundary(*it))
        .unwrap_or(0);
    let (head, tail) = arguments.split_at(half);
    let mut first = json!({
        "index": index,
        "type": "function",
        "function": {"name": name, "arguments": ""},
    });
    if !id.is_empty() {
        first["id"] = json!(id);
    }
    let rest = |piece: &str| json!({"index": index, "function": {"arguments": piece}});
    [first, rest(head), rest(tail)]
}
