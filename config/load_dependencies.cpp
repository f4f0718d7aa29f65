// See section_reader.hpp: whether what programs depend on is there and comes before them, once all groups have been
// read; where it is not, the option that says so is told. Must not keep the graph: whoever starts processes builds his
// own, of those in service. Source: docs/contract/programs.md, 0.3 and 1.1. Cases:
// tests/config/dependency_load_test.cpp.
#include "config/dependency_graph.hpp"
#include "config/section_reader.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::config {

namespace {

constexpr std::string_view key = "depends_on";

bool anybody_has_items(const configuration& cfg) {
  return std::any_of(cfg.groups.begin(), cfg.groups.end(), [](auto& group) {
    return std::any_of(group->processes.begin(), group->processes.end(),
                       [](auto& process) { return !process->dependencies().items.empty(); });
  });
}

class dependency_check {
public:
  explicit dependency_check(loading& from) : from_(from) {
    for (const auto& group : from.cfg.groups)
      for (const auto& process : group->processes) {
        const auto& asked = process->dependencies();
        all_.push_back({.group = group->name.str(),
                        .name = process->name.str(),
                        .section = process->section.str(),
                        .ends = process->oneshot(),
                        .items = asked.items,
                        .soft = asked.soft});
        nodes_.push_back({group.get(), process.get()});
      }
  }

  result<void> run() {
    auto [graph, faults] = dependency_graph::build(all_, maybe_empty());
    std::stable_sort(faults.begin(), faults.end(), [](auto& a, auto& b) {
      return std::pair(a.node, a.item) < std::pair(b.node, b.item); // circles are found at the end
    });
    warn_of_hardly_any_end(graph);
    for (const auto& fault : faults)
      if (auto done = from_.noted(told(fault)); !done)
        return done;
    return {};
  }

private:
  struct node {
    const group_options* group;
    const process_options* process;
  };

  /// What may be depended on, though no process may be of it.
  std::vector<std::string> maybe_empty() const {
    std::vector<std::string> names;
    for (const auto& group : from_.cfg.groups)
      if (group->processes.empty())
        names.push_back(group->name.str());
    for (const auto& [name, section] : from_.document.sections())
      if (name.starts_with("program:") || name.starts_with("fcgi-program:"))
        names.push_back(name);
    return names;
  }

  /// The section whose list has the item.
  const std::string& section_of(std::size_t place, std::size_t item) const {
    const auto& [group, process] = nodes_[place];
    auto found = from_.items_of_groups.find(group->name.view());
    bool is_groups =
      group->kind == group_kind::group && found != from_.items_of_groups.end() && item < found->second.count;
    return is_groups ? found->second.section : all_[place].section;
  }

  error told(const dependency_fault& wrong) const {
    const auto& name = section_of(wrong.node, wrong.item);
    section_reader section{from_, name, *from_.document.section(name)};
    bool is_groups = name.starts_with("group:");
    return is_groups ? section.placed(fault(wrong.text), key) : section.wrapped(fault(wrong.text), key);
  }

  /// Once for each item of a section, however many processes have it.
  void warn_of_hardly_any_end(const dependency_graph& graph) {
    std::set<std::pair<std::string, std::string>> said;
    for (std::size_t i = 0; i < graph.size(); ++i)
      for (std::size_t number = 0; number < graph.items_of(i).size(); ++number) {
        const auto& item = graph.items_of(i)[number];
        if (item.what != condition::exited && item.what != condition::exited_ok)
          continue;
        auto comes_again = std::find_if(item.members.begin(), item.members.end(),
                                        [&](auto m) { return nodes_[m].process->restart == autorestart::always; });
        const auto& section = section_of(i, number);
        if (comes_again != item.members.end() && said.emplace(section, item.shown).second)
          from_.warn("For [" + section + "], depends_on=" + item.shown +
                     " can hardly come true: " + full_name_of(all_[*comes_again]) + " has autorestart=true");
      }
  }

  loading& from_;
  std::vector<dependent> all_;
  std::vector<node> nodes_; ///< likewise
};

} // namespace

result<void> check_dependencies(loading& from) {
  return anybody_has_items(from.cfg) ? dependency_check{from}.run() : result<void>{};
}

} // namespace troupe::config
