// A token that goes round the threads on which everything depends, so that whoever has it back knows that they work:
// the actors' (supervisor and reaper live there), the child I/O thread, the HTTP thread. Must not know what it is good
// for (notify_desk.hpp), nor wait for anybody. Cases: tests/notify_test.py.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>

namespace troupe::actors {

class child_io;

/// What it returns sends a token round; to be called on the loop `home`, and again when the last one is back, which it
/// says there. `http` may be null. All three outlive what is returned. Throws where there are no descriptors left.
std::function<void(std::function<void()> back)> token_round(boost::asio::io_context& home, child_io& io,
                                                            boost::asio::io_context* http);

} // namespace troupe::actors
