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

void share(process_options& process, const process_options& before) {
  auto one_for_both = [](auto& mine, const auto& theirs) {
    if (mine == theirs)
      mine = theirs;
  };
  one_for_both(process.command, before.command);
  one_for_both(process.exitcodes, before.exitcodes);
  one_for_both(process.directory, before.directory);
  one_for_both(process.serverurl, before.serverurl);
  one_for_both(process.env, before.env);
  if (process.policy && before.policy && *process.policy == *before.policy)
    process.policy = before.policy;
  for (auto channel : {&process_options::out, &process_options::err}) {
    auto& mine = (process.*channel).dressing;
    const auto& theirs = (before.*channel).dressing;
    if (mine && theirs && *mine == *theirs)
      mine = theirs;
  }
}

} // namespace troupe::config
