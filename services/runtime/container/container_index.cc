#include "services/runtime/container/container_index.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/status/error.h"

namespace gantry::runtime {

absl::Status ContainerIndex::ReserveName(const std::string& name,
                                         const std::string& id) {
  MutexLock lock(mu_);
  const auto [taken, inserted] = names_.emplace(name, id);
  if (inserted) return absl::OkStatus();
  return Error(
      absl::StatusCode::kAlreadyExists, "NAME_TAKEN",
      absl::StrCat("Conflict. The container name \"/", name,
                   "\" is already in use by container \"", taken->second,
                   "\". You have to remove (or rename) that container to be "
                   "able to reuse that name."),
      {{"name", name}, {"container", taken->second}});
}

void ContainerIndex::Insert(EntryPtr entry) {
  MutexLock lock(mu_);
  const std::string id = entry->id();
  entries_[id] = std::move(entry);
}

void ContainerIndex::Remove(const std::string& name, const std::string& id) {
  MutexLock lock(mu_);
  entries_.erase(id);
  const auto it = names_.find(name);
  if (it != names_.end() && it->second == id) names_.erase(it);
}

absl::StatusOr<ContainerIndex::EntryPtr> ContainerIndex::Find(
    const std::string& ref) const {
  if (ref.empty()) {
    return absl::InvalidArgumentError("a container's name or id is missing");
  }
  MutexLock lock(mu_);
  if (const auto it = entries_.find(ref); it != entries_.end()) {
    return it->second;
  }
  const std::string name(absl::StripPrefix(ref, "/"));
  if (const auto it = names_.find(name); it != names_.end()) {
    const auto entry = entries_.find(it->second);
    if (entry != entries_.end()) return entry->second;
  }
  const auto first = entries_.lower_bound(ref);
  if (first == entries_.end() || !absl::StartsWith(first->first, ref)) {
    return Error(absl::StatusCode::kNotFound, "CONTAINER_NOT_FOUND",
                 absl::StrCat("No such container: ", ref),
                 {{"container", ref}});
  }
  const auto second = std::next(first);
  if (second != entries_.end() && absl::StartsWith(second->first, ref)) {
    return Error(absl::StatusCode::kInvalidArgument, "AMBIGUOUS_ID",
                 absl::StrCat("multiple IDs found with provided prefix: ", ref),
                 {{"container", ref}});
  }
  return first->second;
}

ContainerIndex::EntryPtr ContainerIndex::FindById(const std::string& id) const {
  MutexLock lock(mu_);
  const auto it = entries_.find(id);
  return it == entries_.end() ? nullptr : it->second;
}

std::vector<ContainerIndex::EntryPtr> ContainerIndex::All() const {
  std::vector<std::pair<absl::Time, EntryPtr>> found;
  {
    MutexLock lock(mu_);
    for (const auto& [id, entry] : entries_) {
      found.emplace_back(entry->info().created_at, entry);
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first > b.first;
    return a.second->id() > b.second->id();
  });
  std::vector<EntryPtr> entries;
  for (auto& [created_at, entry] : found) entries.push_back(std::move(entry));
  return entries;
}

std::vector<std::string> ContainerIndex::Ids() const {
  MutexLock lock(mu_);
  std::vector<std::string> ids;
  for (const auto& [name, id] : names_) ids.push_back(id);
  return ids;
}

}  // namespace gantry::runtime
