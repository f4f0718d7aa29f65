// The files of the web UI, compiled into the program: nothing is read from disk and nothing fetched from elsewhere.
// Must not know HTTP. The definitions are generated from this folder (cmake/embed_assets.cmake).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace troupe::web {

struct asset {
  std::string_view path; ///< below the server's root: "scripts/status.js"
  std::string_view type; ///< media type
  std::string_view bytes;
  std::string_view tag; ///< differs for different bytes
};

std::span<const asset> assets();
std::int64_t built_at(); ///< seconds since the epoch: none of the files has changed since

} // namespace troupe::web
