// Where the probes of readiness and health come from, and the commands beside a program's own: their desks are given
// what they need of the rest. Must not look or run anything, or decide when to.
#pragma once

#include "actors/services.hpp"

namespace boost::asio {
class io_context;
}

namespace troupe::actors {

/// `io`: of the actors' thread. To be taken away before that ends.
void use_probes(services& use, boost::asio::io_context& io);
/// Null: nothing is.
void use_remembered(services& use, std::shared_ptr<enablement_book> book, boost::asio::io_context& io);

} // namespace troupe::actors
