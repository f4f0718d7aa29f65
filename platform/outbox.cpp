// See outbox.hpp: what a successor makes of one.
#include "platform/outbox.hpp"

namespace troupe::platform {

send_outcome outcome_of_send(outbox_stage stage, std::size_t left, bool under_way) {
  switch (stage) {
  case outbox_stage::empty: // where something is in it all the same, it is of the send before, which has not arrived
    if (under_way)
      return left == 0 ? send_outcome::not_sent : send_outcome::unknown;
    return left == 0 ? send_outcome::sent : send_outcome::unknown;
  case outbox_stage::filling:
    return send_outcome::not_sent;
  case outbox_stage::moving:
    return send_outcome::sent;
  case outbox_stage::past:
    break;
  }
  return send_outcome::unknown;
}

} // namespace troupe::platform
