//! Brings up the loopback device of a new network name space.

use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink::SocketAddrNetlink, recv,
    sendto, socket_with,
};

use crate::sandbox::{SandboxError, linux::Tried};

/// The loopback device is the first of every network name space.
const LOOPBACK_INDEX: i32 = 1;
/// Message type: change a device.
const RTM_NEWLINK: u16 = 16;
/// Message flags: a request that is answered.
const NLM_F_REQUEST_ACK: u16 = 1 | 4;
/// Device flag: up.
const IFF_UP: u32 = 1;
/// Where the code of an answer is, behind its header.
const CODE: std::ops::Range<usize> = 16..20;

/// Brings it up, so that a command's own servers can be reached by its own clients.
pub(super) fn bring_up() -> Result<(), SandboxError> {
    let what = || "bringing up the loopback device".to_owned();
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)
        .tried(what)?;
    let kernel = SocketAddrNetlink::new(0, 0);
    sendto(&socket, &request(), SendFlags::empty(), &kernel).tried(what)?;
    let mut answer = [0; 1_024];
    let (n_bytes, _) = recv(&socket, answer.as_mut_slice(), RecvFlags::empty()).tried(what)?;
    let code = answer.get(..n_bytes).and_then(|answer| answer.get(CODE)?.try_into().ok());
    match code.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(code) => Err(std::io::Error::from_raw_os_error(-code)).tried(what),
        None => Err(std::io::Error::from(std::io::ErrorKind::InvalidData)).tried(what),
    }
}

/// A header (`nlmsghdr`) and what is to be changed (`ifinfomsg`).
fn request() -> Vec<u8> {
    let mut message = Vec::with_capacity(32);
    message.extend(32_u32.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(NLM_F_REQUEST_ACK.to_ne_bytes());
    message.extend([0; 8]);
    message.extend([0; 4]);
    message.extend(LOOPBACK_INDEX.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes());
    message
}
