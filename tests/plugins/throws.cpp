// A judge in C++ that does what it must not. For tests/extensions/plugin_test.cpp.
#include "troupe/rpc_plugin.h"

#include <stdexcept>

namespace {

int32_t verdict(troupe_text, troupe_text, troupe_text result) {
  if (result.size == 1)
    throw 7;
  throw std::runtime_error("no verdict");
}

} // namespace

extern "C" const troupe_result_handler judge = {TROUPE_RESULT_HANDLER, TROUPE_ABI_VERSION,
                                                sizeof(troupe_result_handler), verdict};
