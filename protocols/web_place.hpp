// The URLs of the web UI, its files, its API and the metrics: which part of it a request's target names.
// Must not know what is there (actors/web does). Source: docs/contract/http.md, 1.7 and 2; docs/web.md.
// Cases: tests/protocols/html_test.cpp.
#pragma once

#include <string>
#include <string_view>

namespace troupe::protocols {

struct web_place {
  enum class kind { none, status_page, tail_page, history_page, graph_page, file, metrics, api } what = kind::none;
  std::string path; ///< file: without the leading slash; api: behind /api/v1/, decoded
};

/// `target`: path and query as sent.
web_place web_place_of(std::string_view target);

} // namespace troupe::protocols
