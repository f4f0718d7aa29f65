// The socket of a client: how it is set up once it has been accepted, and what accept(2) says where it fails. Must not
// know what is spoken there. Source: docs/contract/http.md, 1.
#pragma once

namespace troupe::actors {

/// Of TCP: small answers go out at once; peers that vanish without a word are noticed after two minutes, and who is
/// alive is not bothered.
void set_options_of_client(int fd);
/// accept(2) failed because of what became of one connection, or of the network; the next one may do.
bool concerns_one_connection(int error);

} // namespace troupe::actors
