// Random parcels: the reader refuses them, or reads something, and never reads beyond their end.
#include "actors/core/carried_fields.hpp"
#include "protocols/parcel.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace std::string_literals;

/// Heads of records, and what stands in them.
const std::vector<std::string> fragments = {
  "TROUPE\0P\1\0\1\0"s,
  "\7\0\1\0\x20\0\0\0"s,
  "\1\0\0\0\x08\0\0\0"s,
  "\2\0\0\0\x10\0\0\0"s,
  "\3\0\0\0\x01\0\0\0"s,
  "\x08\0\1\0\x18\0\0\0"s,
  "\1\0\0\0\0\0\0\0"s,
  "\1"s,
  "\0"s,
  "\xff\xff\xff\xff"s,
};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)troupe::protocols::records_of_parcel(bytes);
  troupe::actors::carried_runtime all;
  troupe::protocols::parcel_reader r{bytes};
  r.needed(7, all);
  (void)r.trouble();
  return 0;
}
