// See web_place.hpp.
#include "protocols/web_place.hpp"

#include "protocols/http_text.hpp"

#include <algorithm>

namespace troupe::protocols {

web_place web_place_of(std::string_view target) {
  constexpr std::string_view api_folder = "api/v1/";
  using enum web_place::kind;
  auto path = percent_decoded(target.substr(0, target.find('?')));
  if (!path)
    return {};
  path->erase(0, std::min(path->find_first_not_of('/'), path->size()));
  if (*path == "index.html" || (path->empty() && target.starts_with('/')))
    return {status_page, {}};
  if (*path == "tail.html")
    return {tail_page, {}};
  if (*path == "history.html")
    return {history_page, {}};
  if (*path == "graph.html")
    return {graph_page, {}};
  if (*path == "metrics")
    return {metrics, {}};
  if (path->starts_with(api_folder))
    return {api, path->substr(api_folder.size())};
  for (std::string_view folder : {"stylesheets/", "images/", "scripts/"})
    if (path->starts_with(folder))
      return {file, *std::move(path)};
  return {};
}

} // namespace troupe::protocols
