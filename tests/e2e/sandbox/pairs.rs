//! Pairs of sockets: those that could be led elsewhere are not made.

use std::os::unix::net::UnixDatagram;

use runtime::sandbox::Layer;

use super::Cell;

#[tokio::test]
async fn pairs_of_sockets_stay_with_each_other() {
    for cell in [Cell::new().await, Cell::without_name_spaces().await] {
        if !cell.has(Layer::Seccomp) {
            continue;
        }
        let path = cell.path("outside.sock");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        let made = |kind: &str| {
            format!("socketpair(my $a, my $b, AF_UNIX, {kind}, 0) or die \"socketpair: $!\";")
        };
        for kind in ["SOCK_DGRAM", "SOCK_DGRAM | 02000000", "SOCK_RAW"] {
            let sent = format!(
                "send($a, \"x\", 0, pack_sockaddr_un(\"{}\")) or die \"socket: $!\"",
                path.display()
            );
            let script = format!("perl -MSocket -e '{} {sent}'", made(kind));
            let result = cell.run(&script).await;
            assert!(socket.recv(&mut [0; 8]).is_err(), "{kind} reaches a socket by its path");
            Cell::check_stopped(&result, Layer::Seccomp);
        }
        for kind in ["SOCK_STREAM", "SOCK_SEQPACKET", "SOCK_STREAM | 02000000 | 04000"] {
            let pair = format!("perl -MSocket -e '{}'", made(kind));
            let result = cell.run(&pair).await;
            assert_eq!(result.exit_code, Some(0), "{kind}: {}", result.output);
        }
    }
}
