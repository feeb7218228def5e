// vectorizer-ann: measures approximate search over data sets in folders.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "benchmarks/ann/cold.hpp"
#include "benchmarks/ann/formats.hpp"
#include "benchmarks/ann/generate.hpp"
#include "benchmarks/ann/report.hpp"
#include "benchmarks/ann/sweep.hpp"

namespace {

struct Folder {
    std::string path;
    std::string metric;
    uint32_t queries = 2000;
};

void add_folder(CLI::App& command, Folder& folder) {
    command
        .add_option("--data", folder.path, "the folder: base, query (.u8bin, .fbin, .f16bin), truth.ibin or gt100.ibin")
        ->required()
        ->check(CLI::ExistingDirectory);
    command.add_option("--metric", folder.metric,
                       "cosine, euclidean, dot or manhattan; without it the file `metric` of the folder");
    command.add_option("--queries", folder.queries, "the first so many of them")->capture_default_str();
}

vz::bounds::Bounds read_bounds(const std::string& path) {
    std::ifstream in(path);
    const std::string json{std::istreambuf_iterator<char>(in), {}};
    vz::bounds::Bounds bounds;
    std::string why;
    if (!vz::bounds::from_json(json, bounds, why)) vz::ann::quit(path + ": " + why);
    return bounds;
}

void add_sweep(CLI::App& all) {
    static Folder folder;
    static vz::ann::SweepOptions options;
    static std::string csv = "/dev/null";
    static std::string bounds;
    auto& command = *all.add_subcommand(
        "sweep", "recall and queries a second over a range of efforts, peers in turns in one process");
    add_folder(command, folder);
    options.efforts = {10, 15, 20, 30, 40, 60, 80, 120, 200, 300, 500};
    options.peers = {"vectorizer", "hnswlib"};
    command.add_option("--csv", csv, "file to write, for `report`");
    command
        .add_option("--bounds", bounds,
                    "JSON of vectorizer-bounds: the share of the bound is that of one SQ8 row as read there; without "
                    "it, of rows of the index")
        ->check(CLI::ExistingFile);
    command.add_option("--peers", options.peers, "vectorizer, hnswlib, faiss; those that are built in")
        ->delimiter(',')
        ->check(CLI::IsMember({"vectorizer", "hnswlib", "faiss"}));
    command.add_option("--efforts", options.efforts, "rows kept while walking; of hnswlib and faiss: ef")
        ->delimiter(',')
        ->capture_default_str();
    command.add_option("--k", options.k, "hits a query")->capture_default_str();
    command.add_option("--rounds", options.rounds, "passes over the queries, of which the best counts")
        ->capture_default_str();
    command.add_option("--threads", options.threads, "2 and more: also what so many gain over one, by wall time")
        ->capture_default_str();
    command.add_option("--build-threads", options.build.threads)->capture_default_str();
    command.add_option("--degree", options.build.degree, "edges a row")->capture_default_str();
    command.add_option("--build-effort", options.build.build_effort)->capture_default_str();
    command.add_option("--alpha", options.build.alpha, "of the pruning rule; 0: the default")->capture_default_str();
    command.add_option("--quantization", options.build.quantization)
        ->check(CLI::IsMember({"auto", "none", "sq8"}))
        ->capture_default_str();
    command.callback([] {
        if (!bounds.empty()) options.bounds = read_bounds(bounds);
        const auto set = vz::ann::load(folder.path, folder.metric, folder.queries);
        std::ofstream out(csv);
        vz::ann::sweep(set, options, out);
        if (!out.flush()) vz::ann::quit("cannot write " + csv);
    });
}

void add_report(CLI::App& all) {
    static std::string csv;
    static std::string html;
    auto& command = *all.add_subcommand("report", "draws the CSV of sweeps as one HTML page");
    command.add_option("--csv", csv, "lines of one sweep, or of several one after the other")
        ->required()
        ->check(CLI::ExistingFile);
    command.add_option("--html", html)->required();
    command.callback([] {
        std::ifstream in(csv);
        std::ofstream out(html);
        if (!vz::ann::report(in, out)) vz::ann::quit("no CSV of a sweep, or " + html + " cannot be written: " + csv);
    });
}

void add_cold(CLI::App& all) {
    static Folder folder;
    static vz::ann::ColdOptions options;
    auto& command =
        *all.add_subcommand("cold",
                            "searches through the C ABI right after the collection was opened, none of it in the page "
                            "cache, then once more; "
                            "and the same with less memory than the index takes, where a control group may be made");
    add_folder(command, folder);
    command.add_option("--directory", options.directory,
                       "an empty one on the disk to measure, kept; without it one below TMPDIR that is removed");
    command.add_option("--k", options.k, "hits a query")->capture_default_str()->check(CLI::Range(1, 10'000));
    command.add_option("--rounds", options.rounds, "times that the cache is dropped and the directory opened")
        ->capture_default_str();
    command
        .add_option("--memory", options.memory,
                    "percent of the index's bytes that memory is bounded to, after passes without a bound")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    command.callback([] { vz::ann::cold(vz::ann::load(folder.path, folder.metric, folder.queries), options); });
}

void add_truth(CLI::App& all) {
    static Folder folder;
    static uint32_t k = 100;
    auto& command = *all.add_subcommand("truth", "writes the nearest rows of each query as truth.ibin, by brute force");
    add_folder(command, folder);
    folder.queries = UINT32_MAX;
    command.add_option("--k", k, "neighbours a query")->capture_default_str()->check(CLI::Range(10, 10'000));
    command.callback([] {
        auto set = vz::ann::load_vectors(folder.path, folder.metric, folder.queries);
        if (set.held_out)
            vz::ann::quit("truth needs queries: there is no query.u8bin, query.fbin or query.f16bin in " + folder.path);
        vz::ann::compute_truth(set, k);
        vz::ann::write_ids(folder.path + "/truth.ibin", set.truth);
        std::printf("%s/truth.ibin: %u queries, %u neighbours each\n", folder.path.c_str(), set.truth.rows,
                    set.truth.columns);
    });
}

void add_convert(CLI::App& all) {
    static std::string from;
    static std::string to;
    auto& command = *all.add_subcommand(
        "convert",
        "fvecs, bvecs, ivecs, IDX, fbin, f16bin or u8bin to fbin, f16bin, u8bin or ibin, by the ends of the names");
    command.add_option("--from", from)->required()->check(CLI::ExistingFile);
    command.add_option("--to", to)->required();
    command.callback([] { vz::ann::convert(from, to); });
}

void add_generate(CLI::App& all) {
    static vz::ann::Generator generator;
    static std::string folder;
    auto& command = *all.add_subcommand("generate", "writes a data set from a seed");
    command.add_option("--to", folder, "the folder to write")->required();
    command.add_option("--rows", generator.rows)->capture_default_str();
    command.add_option("--queries", generator.queries)->capture_default_str();
    command.add_option("--dim", generator.dim)->capture_default_str();
    command
        .add_option("--inner", generator.inner,
                    "dimension of the plane that rows lie near; as large as --dim: no structure")
        ->capture_default_str();
    command.add_option("--noise", generator.noise, "off the plane")->capture_default_str();
    command.add_option("--clusters", generator.clusters)->capture_default_str();
    command.add_option("--spread", generator.spread, "of a cluster, where their centres have 1")->capture_default_str();
    command.add_flag("--in-order", generator.in_order, "cluster by cluster");
    command
        .add_option("--lengths", generator.lengths,
                    "rows are stretched by exp of a normal variable of this standard deviation")
        ->capture_default_str();
    command.add_option("--seed", generator.seed)->capture_default_str();
    command.callback([] { vz::ann::generate(generator, folder); });
}

}  // namespace

int main(int count, char** words) {
    CLI::App all("Measures approximate search. A data set is a folder in the formats of big-ann-benchmarks.",
                 "vectorizer-ann");
    all.require_subcommand(1);
    add_sweep(all);
    add_report(all);
    add_cold(all);
    add_truth(all);
    add_convert(all);
    add_generate(all);
    CLI11_PARSE(all, count, words);
}
