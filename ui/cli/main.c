#include "ui/cli/cli.h"

#include "compute/process.h"
#include "config.h"
#include "ui/cli/command_table.h"
#include "ui/core/language.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_FAILED  1
#define EXIT_MISUSED 2
#define EXIT_STOPPED 130 // as shells have it

#define X(name) extern const struct cli_command name##_command;
COMMAND_ROWS
#undef X
#define X(name) &name##_command,
const struct cli_command *const command_table[] = {COMMAND_ROWS NULL};
#undef X

static void usage(FILE *to)
{
    fprintf(to, "Usage: tincture-cli COMMAND [OPTION...]\n\n");
    for (int i = 0; command_table[i]; i++) {
        fprintf(to, "  %-9s %s\n", command_table[i]->name, command_table[i]->summary);
    }
    fprintf(to, "\ntincture-cli COMMAND --help lists a command's options.\n");
}

static const struct cli_command *find_command(const char *name)
{
    for (int i = 0; command_table[i]; i++) {
        if (g_str_equal(command_table[i]->name, name)) {
            return command_table[i];
        }
    }
    return NULL;
}

static void cli_clear(struct cli *c)
{
    g_clear_pointer(&c->loaded, g_ptr_array_unref); // before the model that they borrow
    engine_free(c->engine);
    char *const texts[] = {c->model,    c->device, c->out,       c->prompt,      c->source_prompt,
                           c->negative, c->image,  c->latents,   c->latents_out, c->noise,
                           c->mask,     c->region, c->log,       c->resume,      c->checkpoint,
                           c->preset,   c->to,     c->attention, c->rename};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free(texts[i]);
    }
    g_free(c->precision);
    g_free(c->class_prompt);
    g_free(c->control);
    g_free(c->control_kind);
    g_free(c->hint);
    g_free(c->only);
    g_free(c->photos);
    g_free(c->data_dir);
    g_free((float *)c->led.picture);
    g_free(c->kind);
    g_free(c->token);
    g_free(c->vae);
    g_strfreev(c->images);
    g_strfreev(c->subjects);
    g_strfreev(c->class_images);
    g_strfreev(c->contents);
    g_strfreev(c->styles);
    g_strfreev(c->adapters);
    g_strfreev(c->embeddings);
    g_strfreev(c->selections);
    g_strfreev(c->weights);
    g_free(c->word_weights);
    settings_free(c->settings);
    settings_free(c->plain);
    settings_free(c->also);
    g_strfreev(c->prompts);
    g_free(c->prompts_from);
    g_free(c->sheet);
    g_free(c->style);
    g_free(c->list);
    g_free(c->suffix);
    g_free(c->recipe_from);
    g_free(c->recipe_to);
    g_strfreev(c->learn_set);
    g_ptr_array_unref(c->given);
    g_ptr_array_unref(c->numbers);
    g_ptr_array_unref(c->texts);
    g_strfreev(c->rest);
}

// What the libraries below say on the way is for a person, too: a sentence as any other.
static void log_cb(const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
    if (level & (G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_WARNING) && !(level & G_LOG_FLAG_FATAL)) {
        cli_progress_end();
        cli_complain(message);
    } else {
        g_log_default_handler(domain, level, message, data);
    }
}

// Ctrl+C, a polite end, and a terminal that goes away unless that is to be ignored (nohup).
static sigset_t ends(void)
{
    struct sigaction hangup;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) {
        sigaddset(&set, SIGHUP);
    }
    return set;
}

// What runs is stopped where it can keep what it has; the second time the program ends at once. On
// a thread of its own, as a handler may do next to nothing.
static void *wait_for_signals(void *cancellable)
{
    const sigset_t set = ends();
    int which;
    for (bool again = false; sigwait(&set, &which) == 0; again = true) {
        if (again) {
            _exit(128 + which);
        }
        g_cancellable_cancel(cancellable);
    }
    return NULL;
}

static bool take_signals(GError **error)
{
    const sigset_t set = ends();
    pthread_sigmask(SIG_BLOCK, &set, NULL); // of all threads that are made from here on
    cli_task.cancellable = g_cancellable_new();
    GThread *thread = g_thread_try_new("signals", wait_for_signals, cli_task.cancellable, error);
    if (!thread) {
        g_prefix_error(error,
                       "there is not enough memory to begin, or there are too many threads: ");
    }
    if (thread) {
        g_thread_unref(thread);
    }
    return thread != NULL;
}

static void complain(const struct cli_command *command, const GError *error)
{
    g_autofree char *text =
        g_strdup_printf("tincture-cli %s: %s", command->name, error ? error->message : "failed");
    cli_complain(text);
}

// What is printed by whoever ends the program, as --help does, has arrived or is no success.
static void answer_at_exit(void)
{
    g_autoptr(GError) error = NULL;
    if (!cli_flush(&error)) {
        g_autofree char *text = g_strconcat("tincture-cli: ", error->message, NULL);
        cli_complain(text);
        _exit(EXIT_FAILED);
    }
}

// What is wrong with a command line is only partly known before the work begins.
static int status_of(const GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        return EXIT_STOPPED;
    }
    const bool wrong = (error && error->domain == G_OPTION_ERROR) ||
                       g_error_matches(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    return wrong ? EXIT_MISUSED : EXIT_FAILED;
}

static struct cli cli_of(const struct cli_command *command)
{
    return (struct cli){.command = command,
                        .given = g_ptr_array_new_with_free_func(g_free),
                        .numbers = g_ptr_array_new_with_free_func(g_free),
                        .texts = g_ptr_array_new_with_free_func(g_free),
                        .seed = 1,
                        .learn_seed = -1};
}

// For the build, which makes manual pages and the shells' completions of it.
static int describe(void)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    bool ok = true;
    json_builder_begin_array(b);
    for (int i = 0; ok && command_table[i]; i++) {
        g_autoptr(GError) error = NULL;
        struct cli c = cli_of(command_table[i]);
        ok = cli_settings(&c, command_table[i]->settings, &error);
        if (ok) {
            cli_describe(command_table[i], &c, b);
        } else {
            complain(command_table[i], error);
        }
        cli_clear(&c);
    }
    json_builder_end_array(b);
    if (ok) {
        cli_print_json(b);
    }
    return ok ? 0 : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    process_prepare();
    atexit(answer_at_exit);
    g_log_set_default_handler(log_cb, NULL);
    language_begin_plain();
    if (argc < 2) {
        usage(stderr);
        return EXIT_MISUSED;
    }
    if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "help")) {
        usage(stdout);
        return 0;
    }
    if (g_str_equal(argv[1], "--version")) {
        puts("Tincture " TINCTURE_VERSION);
        return 0;
    }
    if (g_str_equal(argv[1], "--describe")) {
        return describe();
    }
    const struct cli_command *command = find_command(argv[1]);
    if (!command) {
        fprintf(stderr, "tincture-cli: there is no command \"%s\"\n", argv[1]);
        usage(stderr);
        return EXIT_MISUSED;
    }
    struct cli c = cli_of(command);
    g_autoptr(GError) error = NULL;
    if (!take_signals(&error)) {
        complain(command, error);
        cli_clear(&c);
        return EXIT_FAILED;
    }
    if (!cli_parse(command, &c, argc - 1, argv + 1, &error)) {
        complain(command, error);
        cli_clear(&c);
        return EXIT_MISUSED;
    }
    c.also = command->also ? settings_new(command->also) : NULL;
    const bool taken = cli_numbers(&c, &error) && cli_settings(&c, command->settings, &error) &&
                       cli_weights(&c, &error) && cli_place_check(&c, &error) &&
                       (c.help || cli_beside(command, &c, &error));
    if (taken && c.help) {
        cli_help(command, &c);
        cli_clear(&c);
        return 0;
    }
    const bool ok = taken && command->run(&c, &error) && cli_flush(&error);
    cli_progress_end();
    if (!ok) {
        complain(command, error);
    }
    cli_clear(&c);
    return ok ? 0 : status_of(error);
}
