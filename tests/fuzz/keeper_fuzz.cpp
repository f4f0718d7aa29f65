// Random messages to the keeper: whatever a worker says that has lost its mind, no slot, key or channel is out of
// range.
#include "platform/keeper_message.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

using namespace std::string_literals;
using namespace troupe::platform;

/// Magic, kinds, slots, lives, bits.
const std::vector<std::string> fragments = {
  "TRK1"s,
  "TRK1\1\0\3\0\5\0\0\0\1\0\0\0\7\0\0\0\0\0\0\0"s,
  "TRK1\1\0\2\0\xff\xff\0\0\1\0\0\0\6\0\0\0\0\0\0\0"s,
  "TRK1\1\0\3\0\0\0\1\0\1\0\0\0\7\0\0\0\0\0\0\0"s,
  "TRK1\2\0\0\0\5\0\0\0\1\0\0\0"s,
  "TRK1\3\0\1\0\1\0\0\0"s,
  "TRK1\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0READY=1"s,
  std::string(224, 'x'),
  std::string(256, '\0'),
};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  keeper_message m;
  std::memcpy(static_cast<void*>(&m), data, std::min(size, sizeof m));
  require(text_of(m).size() <= sizeof m.text, "a text stays in its message");
  for (std::size_t descriptors = 0; descriptors <= most_sent_along; ++descriptors)
    for (bool cut : {false, true}) {
      auto word = order_of(m, std::max(size, sizeof m) == size ? sizeof m : size, descriptors, cut);
      switch (word) {
      case keeper_word::arm:
        require(static_cast<unsigned>(std::popcount(m.a)) == descriptors && m.a <= 7 && !cut,
                "a pipe for each channel");
        [[fallthrough]];
      case keeper_word::unheld:
      case keeper_word::drop:
        require(m.slot < most_slots && m.life != 0, "a slot that there is");
        break;
      case keeper_word::hold:
        require(descriptors == 1 && !cut && m.slot != 0, "one descriptor");
        break;
      default:
        break;
      }
    }
  return 0;
}
