// See options.hpp: what those hold who ask for nothing of their own.
#include "config/options.hpp"

namespace troupe::config {

const log_dressing& channel_options::dressed() const {
  static const log_dressing none;
  return dressing ? *dressing : none;
}

log_dressing& channel_options::dress() {
  auto own = std::make_shared<log_dressing>(dressed());
  dressing = own;
  return *own;
}

const process_policy& process_options::asked() const {
  static const process_policy usual;
  return policy ? *policy : usual;
}

process_policy& process_options::ask() {
  auto own = std::make_shared<process_policy>(asked());
  policy = own;
  return *own;
}

const shared_text& group_options::usual_handler() {
  static const shared_text usual{"supervisor.dispatchers:default_handler"};
  return usual;
}

} // namespace troupe::config
