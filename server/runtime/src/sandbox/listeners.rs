//! Who waits for connections on this machine.

/// Returns whether a program that shares this one's network waits for connections to a TCP port.
/// What the system does not tell counts as no.
pub fn listens(port: u16) -> bool {
    ["/proc/self/net/tcp", "/proc/self/net/tcp6"].iter().any(|table| {
        std::fs::read_to_string(table).is_ok_and(|table| table.lines().any(|it| is_at(it, port)))
    })
}

/// Returns whether a line of the kernel's table is a socket that waits at a port.
fn is_at(line: &str, port: u16) -> bool {
    const LISTENING: &str = "0A";
    let mut fields = line.split_whitespace().skip(1);
    let (address, state) = (fields.next(), fields.nth(1));
    let found = address.and_then(|it| it.rsplit_once(':')).map(|(_, port)| port);
    state == Some(LISTENING) && found.and_then(|it| u16::from_str_radix(it, 16).ok()) == Some(port)
}

#[cfg(test)]
mod tests {
    use super::is_at;

    #[test]
    fn the_kernels_table_is_read() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000";
        assert!(is_at(line, 8080));
        assert!(!is_at(line, 8081));
        assert!(!is_at(&line.replace(" 0A ", " 01 "), 8080));
        assert!(!is_at("  sl  local_address rem_address   st", 8080));
    }
}
