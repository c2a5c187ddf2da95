//! The rule for models that a skill is not about.

use expect_test::expect;

use crate::tests::report::{check, check_silent, check_unsafe_fix};

fn skill(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows.\n---\n\n{body}\n")
}

#[track_caller]
fn silent(body: &str) {
    check_silent(&skill(body));
}

#[test]
fn a_model_is_one_finding_with_all_places() {
    check(
        &skill(
            "Größe 🦀: `x --model intfloat/e5-mistral-7b-instruct`.\r\nThe judge is intfloat/e5-mistral-7b-instruct:",
        ),
        &expect![[r#"
            6 | Größe 🦀: `x --model intfloat/e5-mistral-7b-instruct`.
              |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ hint portability/model-id: `intfloat/e5-mistral-7b-instruct` is one model: whoever follows this may serve another one. Say what it has to be able to do, or take it from a setting
              = 7:14 `intfloat/e5-mistral-7b-instruct` is also here
              = fix (Unsafe): Write `<model>` instead
            6 | Größe 🦀: `x --model intfloat/e5-mistral-7b-instruct`.
              |                                                      ^ warning text/encoding: The file mixes line ends: this one is CRLF, and most are LF. Tools that compare or edit lines stumble over it
              = fix (Safe): Make every line end LF
        "#]],
    );
    check_unsafe_fix(
        &skill("The judge is Qwen/Qwen2.5-72B-Instruct-AWQ, or `Qwen/Qwen2.5-72B-Instruct-AWQ`."),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows.
            ---

            The judge is `<model>`, or `<model>`.
        "#]],
    );
}

#[test]
fn a_choice_of_models_is_silent() {
    silent("| `BAAI/bge-m3` | 1024 |\n|---|---|");
    silent("`MODEL=\"${MODEL:-BAAI/bge-m3}\"`, by default Qwen/Qwen3-8B");
    silent("Qwen/Qwen3-8B, Qwen/Qwen3-4B or google/gemma-3-4b-it");
    silent("Take one, e.g. Qwen/Qwen3-8B.");
}

#[test]
fn a_skill_about_models_is_silent() {
    for description in ["Fine-tunes LLMs.", "Serves models with vLLM.", "Works with Qwen3."] {
        check_silent(&format!(
            "---\nname: count-rows\ndescription: {description}\n---\n\nRun `x Qwen/Qwen3-8B`.\n"
        ));
    }
}

#[test]
fn what_is_no_model_is_silent() {
    silent("`microsoft/agent-framework`, `facebook/react`, `openai/gpt-5.2`, `google/gemini-3`");
    silent("`nvidia/cuda:12.1`, `models/llama-7b.gguf`, `src/qwen/x`, `@xenova/transformers`");
    silent("<https://huggingface.co/Qwen/Qwen3-8B>, `load_dataset(\"google/gemma-data-7b\")`");
}
