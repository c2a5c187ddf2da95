//! The rule for addresses: what it finds, what it leaves alone, what it writes instead.

use expect_test::expect;

use crate::{
    Severity,
    tests::report::{check, check_fix, check_silent, findings},
};

/// A skill with this body.
fn skill(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n{body}\n")
}

#[track_caller]
fn silent(body: &str) {
    check_silent(&skill(body));
}

/// Claims that the address in the body, and nothing else, is found.
#[track_caller]
fn found(address: &str, body: &str) {
    let text = skill(body);
    let findings = findings(&text, Some("count-rows"));
    let spans: Vec<_> = findings.iter().map(|it| it.span.of(&text)).collect();
    assert_eq!(spans, [address], "{body}");
}

#[test]
fn the_address_alone_is_marked() {
    check(
        &skill("Größe 🦀: `curl http://192.168.178.43:8080/api`"),
        &expect![[r#"
        6 | Größe 🦀: `curl http://192.168.178.43:8080/api`
          |                       ^^^^^^^^^^^^^^ warning portability/ip-address: `192.168.178.43` is a machine in somebody's network; nobody else has it there
          = fix (Safe): Write `<host>` instead
    "#]],
    );
    check(
        &skill("Run `ssh deploy@39.106.7.8 uptime`."),
        &expect![[r#"
        6 | Run `ssh deploy@39.106.7.8 uptime`.
          |                 ^^^^^^^^^^ warning portability/ip-address: `39.106.7.8` is one machine's address: whoever follows this works on that machine
          = fix (Safe): Write `<host>` instead
    "#]],
    );
    check(
        &skill("Open http://[fd3a:91c4:77e2::2b]:80/x."),
        &expect![[r#"
        6 | Open http://[fd3a:91c4:77e2::2b]:80/x.
          |             ^^^^^^^^^^^^^^^^^^^^ warning portability/ip-address: `[fd3a:91c4:77e2::2b]` is a machine in somebody's network; nobody else has it there
          = fix (Safe): Write `<host>` instead
    "#]],
    );
}

#[test]
fn one_address_is_one_finding_with_all_places() {
    check(
        &skill("`ping 192.168.8.17`, `ping 10.44.3.9`\n\n```sh\r\ncurl 192.168.8.17\r\n```"),
        &expect![[r#"
            6 | `ping 192.168.8.17`, `ping 10.44.3.9`
              |       ^^^^^^^^^^^^ warning portability/ip-address: `192.168.8.17` is a machine in somebody's network; nobody else has it there
              = 9:6 `192.168.8.17` is also here
              = fix (Safe): Write `<host>` instead
            6 | `ping 192.168.8.17`, `ping 10.44.3.9`
              |                            ^^^^^^^^^ warning portability/ip-address: `10.44.3.9` is a machine in somebody's network; nobody else has it there
              = fix (Safe): Write `<host>` instead
            8 | ```sh
              |      ^ warning text/encoding: The file mixes line ends: this one is CRLF, and most are LF. Tools that compare or edit lines stumble over it
              = fix (Safe): Make every line end LF
        "#]],
    );
}

#[test]
fn addresses_of_private_networks_are_found_wherever_they_stand() {
    found("192.168.8.17", "The robot is 192.168.8.17.");
    found("172.20.4.33", "`ROBOT_HOST=172.20.4.33`");
    found("10.44.3.9", "```yaml\nhost: 10.44.3.9\n```");
    found("100.86.41.17", "`pg_isready -h 100.86.41.17 -p 5432`");
    found("100.86.41.17", "```python\nHOST = \"100.86.41.17\"\n```");
    found("fd3a:91c4:77e2::2b", "`ping -6 fd3a:91c4:77e2::2b`: twice");
    found("192.168.8.17", "See https://192.168.8.17/24 for the table.");
    found("192.168.8.17", "`rtsp://ana@192.168.8.17:554/x`");
}

#[test]
fn public_addresses_are_found_in_commands_and_settings() {
    found("39.106.7.8", "Ping the host IP 39.106.7.8 first.");
    found("39.106.7.8", "`curl https://39.106.7.8/api`");
    found("39.106.7.8", "```sh\nping -c 4 39.106.7.8\n```");
    found("172.145.24.2", "`GET /lease?auth_ip=172.145.24.2`");
    found("39.106.7.8", "```ini\nserver = 39.106.7.8\n```");
    found("39.106.7.8", "Connect to 39.106.7.8:5432.");
    found("39.106.7.8", "`rsync -a x ana@39.106.7.8:y`");
    found("2a01:4f8:c17:b0f::12", "`ssh 2a01:4f8:c17:b0f::12`");
}

#[test]
fn public_addresses_elsewhere_are_silent() {
    silent("The block of 39.106.7.8 belongs to somebody.");
    silent("Point the A record at the page: 39.106.7.8");
    silent(
        "```csharp\nIPAddress.Parse(\"2001:4898:80e8:b::189\");\nIPAddress.Parse(\"40.76.4.15\");\n```",
    );
    silent("`whois 39.106.7.8`, `curl https://ipinfo.io/39.106.7.8`");
    silent("`curl -s https://geoip.example.org/?ip=39.106.7.8`");
    silent("## Seed nodes\n\n- `159.65.11.55:9030`");
    silent("`/ip4/104.131.131.82/tcp/4001/p2p/x`");
}

#[test]
fn special_and_documentation_addresses_are_silent() {
    silent("`127.0.0.1:8080`, `0.0.0.0`, `http://[::1]:80/`, `ping ::1`");
    silent("`curl http://192.0.2.17`, `203.0.113.80`, `198.51.100.7`, `2001:db8::17`");
    silent("`curl http://169.254.169.254/latest`, `255.255.255.0`, `192.168.7.255`");
    silent("`dig @1.1.1.1`, `dig @8.8.8.8`, `dig @9.9.9.9`, `dig @208.67.222.222`");
    silent("`ssh 1.2.3.4`, `ssh 5.6.7.8`, `curl http://76.76.21.21`");
    silent("`http://192.168.100.1`, `http://192.168.7.1`, `10.77.3.100`, `192.168.7.50`");
}

#[test]
fn a_series_behind_an_example_is_silent() {
    silent("`192.168.7.100`, `192.168.7.101`, `192.168.7.102`");
    found("192.168.7.103", "`192.168.7.100`, `192.168.7.101`, `192.168.7.103`");
}

#[test]
fn networks_and_ranges_are_silent() {
    silent("`10.44.3.9/24`, `192.168.8.17/32`, `10.44.3.9/<bits>`, `fd3a:91c4::9/64`");
    silent("`192.168.8.17-40`, `192.168.8.17-192.168.8.40`, 192.168.8.17 – 192.168.8.40");
    silent("192.168.8.17 to 192.168.8.40");
}

#[test]
fn versions_sections_and_longer_numbers_are_silent() {
    silent("Version 10.4.2.7, `v10.4.2.7`, `tool==10.4.2.7`, `tool-10.4.2.7.tar.gz`");
    silent("`npm i tool@10.4.2.7`, `tool --version 10.4.2.7`");
    silent("RFC 8805 section 10.1.1.5, sections 10.1.1.3 and more, EC 10.4.2.7, § 10.4.2.7");
    silent("`1.3.6.1.4.1.9328`, `10.44.3.9.1`, `Chrome/10.4.2.7`, `1.10.44.3.9`");
    silent("`AssemblyVersion(\"10.4.2.7\")`, `10.044.3.9`, `10.444.3.9`, `10.44.3.9_x`");
    silent("`12:30:45`, `aa:bb:cc:dd:ee:ff`, `std::fd`, `de::ad`");
}

#[test]
fn data_and_logs_are_silent() {
    silent("```json\n{\"source_ip\": \"10.44.3.9\", \"client_addr\": \"39.106.7.8\"}\n```");
    silent("```text\n10.44.3.9 - - [10/Oct/2025:13:55:36 +0000] \"GET / HTTP/1.1\" 200\n```");
    silent("```text\nFailed password for root from 10.44.3.9 port 22 ssh2\n```");
    silent("The output is:\n\n```text\nfound 192.168.8.17\n```");
}

#[test]
fn networks_of_containers_and_made_up_networks_are_silent() {
    silent("```yaml\nnetworks:\n  a:\n    ipv4_address: 172.20.4.33\n```");
    silent("```hcl\ncidr_block = \"10.44.3.0/24\"\nprivate_ip = \"10.44.3.9\"\n```");
    found("10.44.4.9", "```hcl\ncidr_block = \"10.44.3.0/24\"\nprivate_ip = \"10.44.4.9\"\n```");
}

#[test]
fn advice_against_addresses_is_silent() {
    silent("Do not paste an address of one machine such as 10.44.3.9 into the steps.");
    silent("Never hard-code `10.44.3.9`.");
    silent("## Pitfalls\n\n- `10.44.3.9` is gone after a restart.");
    silent("```sh\n# Bad: one machine only\ncurl http://10.44.3.9\n```");
    found("10.44.3.9", "Never restart 10.44.3.9 twice.");
}

#[test]
fn examples_and_skills_about_networks_get_hints() {
    let severities = |text: &str| -> Vec<_> {
        findings(text, None).iter().map(|finding| finding.severity).collect()
    };
    assert_eq!(severities(&skill("For example, `192.168.8.17`.")), [Severity::Hint]);
    assert_eq!(
        severities(&skill("E.g. 192.168.8.17, or `ssh 192.168.8.17`.")),
        [Severity::Warning]
    );
    let scanner = skill("`nmap 192.168.8.17`").replace("count-rows", "nmap-recon");
    assert_eq!(severities(&scanner), [Severity::Hint]);
}

#[test]
fn every_place_gets_a_placeholder_that_is_seen() {
    check_fix(
        "---\nname: count-rows\ndescription: Counts rows on 192.168.8.17.\n---\n\nThe robot is 192.168.8.17, see http://192.168.8.17/x.\n\n```sh\nping 192.168.8.17\nping fd3a:91c4:77e2::2b\ncurl 'http://[fd3a:91c4:77e2::2b]:80/'\n```\n\n`curl 192.168.8.17`\n",
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows on HOST.
            ---

            The robot is `<host>`, see http://<host>/x.

            ```sh
            ping <host>
            ping <host>
            curl 'http://<host>:80/'
            ```

            `curl <host>`
        "#]],
    );
}
