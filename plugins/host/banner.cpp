#include "plugins/host/banner.hpp"

#include <unistd.h>

#include <cstdio>

namespace vz::host {

void print_banner(const BannerFacts& facts, vz_engine* engine) {
    vz_engine_stats stats = {};
    stats.struct_size = sizeof(stats);
    vz_engine_stats_read(engine, &stats, nullptr);
    std::fprintf(stderr, "%s  abi 1.0  pid %d\n", vz_build_info(), static_cast<int>(::getpid()));
    std::fprintf(stderr, "data      %s: %llu collections, %llu points; recovered in %.0f ms\n", facts.directory.c_str(),
                 static_cast<unsigned long long>(stats.collections), static_cast<unsigned long long>(stats.points),
                 static_cast<double>(stats.open_ns) / 1e6);
    for (const auto& [name, address] : facts.frontends) {
        const bool is_rest = name == "rest";
        std::fprintf(stderr, "%-9s %s%s\n", name.c_str(), address.c_str(),
                     is_rest ? ("          try: curl " + address + "/collections").c_str() : "");
    }
    std::fprintf(stderr, "access    %s\n", facts.access.c_str());
    std::fprintf(stderr, "ready     in %.0f ms\n", facts.ready_ms);
}

}  // namespace vz::host
