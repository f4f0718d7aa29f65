// See peer_credentials.hpp: what is made of the system's answer, whichever system it is.
#include "platform/peer_credentials.hpp"

namespace troupe::platform {

std::optional<peer_credentials> judged(std::optional<peer_credentials> said, std::size_t size, std::size_t whole,
                                       const ids_of_strangers& strangers) {
  constexpr std::uint32_t none = 0xffffffff;
  if (!said || size != whole || said->uid == none || said->uid == strangers.uid)
    return {};
  auto is_nobodys = [&](std::uint32_t gid) { return gid == none || gid == strangers.gid; };
  std::erase_if(said->groups, is_nobodys);
  if (is_nobodys(said->gid))
    said->gid = none;
  return said;
}

} // namespace troupe::platform
