// See wire.hpp. Failures have the names that Python's ssl gives them. Source: docs/contract/access.md, 4.
#include "apps/ctl/wire.hpp"

#include "apps/ctl/sockets.hpp"
#include "platform/tls_client.hpp"

#include <utility>

namespace troupe::ctl {

using platform::tls_client;
using platform::tls_stream;

namespace {

/// Of one set of files: to read the system's certificates takes longer than all else.
struct kept_client {
  ~kept_client() {
    made.reset();
    tls_client::end();
  }
  std::unique_ptr<tls_client> made;
  platform::tls_client_files from;
};

config::result<const tls_client*> client_for(const server& as) {
  static kept_client last;
  platform::tls_client_files files{as.tls_cacert, as.tls_cert, as.tls_key};
  if (!last.made || last.from != files) {
    auto loaded = tls_client::load(files);
    if (!loaded)
      return loaded.error();
    last.made = *std::move(loaded);
    last.from = std::move(files);
  }
  return last.made.get();
}

failure failure_of(const tls_stream& tls, const std::string& host) {
  const auto& reason = tls.reason();
  if (reason == "certificate verify failed") {
    auto distrusted = platform::distrust_of(tls);
    return {
      "ssl.SSLCertVerificationError",
      "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: " +
        (distrusted.wrong_name ? "Hostname mismatch, certificate is not valid for '" + host + "'." : distrusted.why)};
  }
  if (reason.find(" alert ") != reason.npos)
    return {"ssl.SSLError", "[SSL: ALERT] " + reason};
  auto name = reason;
  for (auto& c : name)
    c = c == ' ' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return {"ssl.SSLError", "[SSL: " + name + "] " + reason};
}

/// The other end is gone in the middle of it.
failure end_of_file() {
  return {"ssl.SSLEOFError", "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol"};
}

/// Waits for what `state` needs. False: it is no need.
bool waited_for(tls_stream::state state, int fd) {
  bool reads = state == tls_stream::state::needs_read;
  if (!reads && state != tls_stream::state::needs_write)
    return false;
  pollfd ready{fd, static_cast<short>(reads ? POLLIN : POLLOUT), 0};
  wait({&ready, 1});
  return true;
}

} // namespace

wire::wire() = default;
wire::~wire() { close(); }
wire::wire(wire&& other) noexcept = default;
wire& wire::operator=(wire&& other) noexcept {
  close();
  fd_ = std::move(other.fd_);
  tls_ = std::move(other.tls_);
  return *this;
}

void wire::close() {
  if (tls_)
    tls_->close();
  tls_.reset();
  fd_.reset();
}

wire wire::connect(const endpoint& to, const server& as, failure& why) {
  wire made;
  const tls_client* client = nullptr;
  if (to.tls) {
    auto found = client_for(as);
    if (!found) {
      why = {"OSError", found.error().what};
      return made;
    }
    client = *found;
  }
  auto fd = connect_to(to, why);
  if (!fd || !client) {
    made.fd_ = std::move(fd);
    return made;
  }
  auto tls = client->speak_to(to.host, fd.get());
  auto state = tls->shake_hands();
  while (waited_for(state, fd.get()))
    state = tls->shake_hands();
  if (state != tls_stream::state::done) {
    why = state == tls_stream::state::closed ? end_of_file() : failure_of(*tls, to.host);
    return made;
  }
  made.tls_ = std::move(tls);
  made.fd_ = std::move(fd);
  return made;
}

bool wire::send(std::string_view bytes, failure& why) {
  if (!tls_)
    return send_all(fd_.get(), bytes, why);
  while (!bytes.empty()) {
    auto sent = tls_->write(bytes);
    bytes.remove_prefix(sent.bytes);
    if (sent.is == tls_stream::state::done || waited_for(sent.is, fd_.get()))
      continue;
    char room[1]; // the other end may have said why
    auto told = sent.is == tls_stream::state::failed ? tls_->read(room).is : sent.is;
    why = told == tls_stream::state::closed ? end_of_file() : failure_of(*tls_, "");
    return false;
  }
  return true;
}

std::string_view wire::receive(std::span<char> room, failure& why) {
  if (!tls_)
    return ctl::receive(fd_.get(), room, why);
  for (;;) {
    auto got = tls_->read(room);
    if (got.is == tls_stream::state::done)
      return {room.data(), got.bytes};
    if (waited_for(got.is, fd_.get()))
      continue;
    if (got.is == tls_stream::state::failed)
      why = failure_of(*tls_, "");
    return {};
  }
}

} // namespace troupe::ctl
