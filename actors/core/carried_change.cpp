// See carried.hpp: an image with what has changed since.
#include "actors/core/carried.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

/// What was read last may have it still.
void take_out(std::uint64_t id, carried_runtime& image) {
  auto found =
    std::find_if(image.groups.begin(), image.groups.end(), [id](const auto& group) { return group.id == id; });
  if (found == image.groups.end())
    return;
  if (std::erase(image.loaded_is_active, found->options->name.str()) > 0)
    image.loaded.push_back(found->options);
  image.groups.erase(found);
  std::erase_if(image.table.groups, [id](const auto& view) { return view.id == id; });
}

} // namespace

void apply(carried_change change, carried_runtime& image) {
  if (change.removed != 0)
    take_out(change.removed, image);
  image.kept.merge(change.kept);
  bool is_there = change.added && std::any_of(image.groups.begin(), image.groups.end(),
                                              [&](const auto& group) { return group.id == change.added->id; });
  if (change.added && !is_there) {
    if (change.is_loaded) {
      std::erase_if(image.loaded, [&](const auto& group) { return group->name == change.view.name; });
      image.loaded_is_active.push_back(change.view.name.str());
    }
    image.groups.push_back(*std::move(change.added));
    image.table.groups.push_back(std::move(change.view));
  }
  image.table.next_id = change.next_id;
  image.last_process_id = change.last_process_id;
}

} // namespace troupe::actors
