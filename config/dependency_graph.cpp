// See dependency_graph.hpp.
#include "config/dependency_graph.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace troupe::config {

namespace {

/// Processes by the names that a target may have.
class name_index {
public:
  name_index(const std::vector<dependent>& all, const std::vector<std::string>& empty)
      : empty_(empty.begin(), empty.end()) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      groups_[all[i].group].push_back(i);
      sections_[all[i].section].push_back(i);
      single_.emplace(all[i].group + ':' + all[i].name, i);
    }
  }

  /// Nothing: there is nothing of that name.
  std::optional<std::vector<std::size_t>> find(const std::string& target) const {
    if (auto colon = target.find(':'); colon != target.npos) {
      if (target.substr(colon + 1) == "*")
        return of_group(target.substr(0, colon));
      auto found = single_.find(target);
      return found == single_.end() ? std::nullopt : std::optional(std::vector{found->second});
    }
    if (auto group = of_group(target))
      return group;
    for (const auto* kind : {"program:", "fcgi-program:"})
      if (auto section = members_of(sections_, kind + target))
        return section;
    return {};
  }

private:
  using places = std::unordered_map<std::string, std::vector<std::size_t>>;

  std::optional<std::vector<std::size_t>> of_group(const std::string& name) const { return members_of(groups_, name); }

  std::optional<std::vector<std::size_t>> members_of(const places& known, const std::string& name) const {
    if (auto found = known.find(name); found != known.end())
      return found->second;
    return empty_.contains(name) ? std::optional(std::vector<std::size_t>{}) : std::nullopt;
  }

  places groups_, sections_;
  std::unordered_map<std::string, std::size_t> single_;
  std::unordered_set<std::string_view> empty_;
};

std::string shown(const depends_item& item, condition what) {
  auto text = item.target + ":" + std::string(to_string(what));
  return item.count ? text + '/' + std::to_string(*item.count) : text;
}

std::string as_written(const depends_item& item) {
  auto text = item.target.str();
  if (item.what)
    text += ":" + std::string(to_string(*item.what));
  return item.count ? text + "/" + std::to_string(*item.count) : text;
}

/// Sets of nodes that all lead to each other: Tarjan's, without recursion, since chains may be thousands long.
class circles {
public:
  explicit circles(const std::vector<std::vector<std::size_t>>& edges) : edges_(edges), marks_(edges.size()) {
    for (std::size_t node = 0; node < edges.size(); ++node)
      if (marks_[node].order == 0)
        walk(node);
  }

  std::vector<std::vector<std::size_t>> found;

private:
  struct mark {
    std::size_t order = 0, lowest = 0;
    bool on_stack = false;
  };
  struct step {
    std::size_t node, next;
  };

  void walk(std::size_t from) {
    std::vector<step> way;
    auto enter = [&](std::size_t node) {
      marks_[node] = {++count_, count_, true};
      stack_.push_back(node);
      way.push_back({node, 0});
    };
    enter(from);
    while (!way.empty()) {
      auto& [node, next] = way.back();
      if (next < edges_[node].size()) {
        auto to = edges_[node][next++];
        if (marks_[to].order == 0)
          enter(to);
        else if (marks_[to].on_stack)
          marks_[node].lowest = std::min(marks_[node].lowest, marks_[to].order);
        continue;
      }
      auto done = node;
      way.pop_back();
      if (!way.empty())
        marks_[way.back().node].lowest = std::min(marks_[way.back().node].lowest, marks_[done].lowest);
      if (marks_[done].lowest == marks_[done].order)
        close(done);
    }
  }

  void close(std::size_t first) {
    std::vector<std::size_t> members;
    for (std::size_t node = first + 1; node != first;) {
      node = stack_.back();
      stack_.pop_back();
      marks_[node].on_stack = false;
      members.push_back(node);
    }
    const auto& own = edges_[first];
    if (members.size() > 1 || std::find(own.begin(), own.end(), first) != own.end())
      found.push_back(std::move(members));
  }

  const std::vector<std::vector<std::size_t>>& edges_;
  std::vector<mark> marks_;
  std::vector<std::size_t> stack_;
  std::size_t count_ = 0;
};

using edge_list = std::vector<std::vector<std::size_t>>;

/// A way from the first of a circle back to it, along the first items that lead there: for each step its node, and how
/// many of its edges were tried.
std::vector<std::pair<std::size_t, std::size_t>> way_back(std::size_t first, const std::vector<std::size_t>& circle,
                                                          const edge_list& edges) {
  std::set<std::size_t> inside(circle.begin(), circle.end()), seen{first};
  std::vector<std::pair<std::size_t, std::size_t>> way{{first, 0}};
  for (;;) { // in a circle there is one
    auto& [node, next] = way.back();
    if (next == edges[node].size()) {
      way.pop_back();
      continue;
    }
    auto to = edges[node][next++];
    if (to == first)
      return way;
    if (inside.contains(to) && seen.insert(to).second)
      way.emplace_back(to, 0);
  }
}

} // namespace

std::string full_name_of(const dependent& of) { return of.group == of.name ? of.name : of.group + ':' + of.name; }

/// What is known while a graph is built.
struct dependency_graph::builder {
  const std::vector<dependent>& all;
  name_index index;
  dependency_graph graph{};
  std::vector<dependency_fault> faults{};
  edge_list edges{}, items_of_edges{}; ///< which item an edge is of

  void fault(std::size_t node, std::size_t number, std::string text) {
    faults.push_back({node, number, std::move(text)});
  }

  void add(std::size_t node, std::size_t number) {
    const auto& wanted = all[node].items[number];
    auto members = index.find(wanted.target.str());
    bool known = true;
    if (!members) {
      fault(node, number, "depends_on names unknown program, process or group " + quoted(wanted.target.view()));
      members.emplace();
      known = false;
    }
    bool all_end =
      !members->empty() && std::all_of(members->begin(), members->end(), [&](auto m) { return all[m].ends; });
    item made;
    made.members = *std::move(members);
    made.what = wanted.what.value_or(all_end ? condition::exited_ok : condition::ready);
    made.needed = wanted.count ? static_cast<std::size_t>(*wanted.count) : made.members.size();
    made.soft = wanted.soft || all[node].soft;
    made.is_known = known;
    made.target = wanted.target.str();
    made.shown = shown(wanted, made.what);
    if (made.needed > made.members.size() && !made.members.empty())
      fault(node, number,
            "depends_on item " + quoted(as_written(wanted)) + " wants " + std::to_string(made.needed) + " of " +
              std::to_string(made.members.size()) + " processes");
    for (auto member : made.members) {
      edges[node].push_back(member);
      items_of_edges[node].push_back(number);
      auto& others = graph.dependents_[member];
      if (others.empty() || others.back() != node) // nodes come in order
        others.push_back(node);
    }
    graph.items_[node].push_back(std::move(made));
  }

  void look_for_circles() {
    for (const auto& circle : circles{edges}.found) {
      auto smaller = [&](auto a, auto b) { return full_name_of(all[a]) < full_name_of(all[b]); };
      auto first = *std::min_element(circle.begin(), circle.end(), smaller);
      auto way = way_back(first, circle, edges);
      std::string steps;
      for (const auto& [node, next] : way)
        steps += full_name_of(all[node]) + " -> ";
      std::set<std::size_t> inside(circle.begin(), circle.end());
      for (auto node : circle)
        for (auto& each : graph.items_[node])
          each.leads_back =
            std::any_of(each.members.begin(), each.members.end(), [&](auto m) { return inside.contains(m); });
      fault(first, items_of_edges[first][way.front().second - 1],
            "depends_on leads back to itself: " + steps + full_name_of(all[first]));
    }
  }
};

std::pair<dependency_graph, std::vector<dependency_fault>>
dependency_graph::build(const std::vector<dependent>& all, const std::vector<std::string>& empty) {
  builder b{all, {all, empty}};
  b.graph.items_.resize(all.size());
  for (auto* each : {&b.graph.dependents_, &b.edges, &b.items_of_edges})
    each->resize(all.size());
  for (std::size_t node = 0; node < all.size(); ++node) {
    for (std::size_t number = 0; number < all[node].items.size(); ++number)
      b.add(node, number);
    if (auto count = all[node].items.size(); count > most_items)
      b.fault(node, most_items,
              "depends_on of " + full_name_of(all[node]) + " has " + std::to_string(count) +
                " items: " + std::to_string(most_items) + " are the most");
  }
  b.look_for_circles();
  return {std::move(b.graph), std::move(b.faults)};
}

} // namespace troupe::config
