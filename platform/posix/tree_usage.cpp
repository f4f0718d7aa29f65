// See tree_usage.hpp: no two systems tell this in the same way.
#include "platform/tree_usage.hpp"

namespace troupe::platform {

std::optional<tree_usage> usage_of_tree(int) { return {}; }

} // namespace troupe::platform
