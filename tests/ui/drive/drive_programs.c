// Programs beside the window: what presses real keys, and what looks at the window from outside.
#include "tests/ui/drive/drive_private.h"

// The window must go on while the program runs, or it could not answer it.
enum drive_result drive_argv(struct drive *d, const char *const *argv)
{
    g_autoptr(GError) error = NULL;
    if (d->program == NULL) {
        d->program = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_NONE, &error);
        return d->program != NULL ? DRIVE_AGAIN : drive_fail(d, "%s", error->message);
    }
    if (g_subprocess_get_identifier(d->program) != NULL) {
        return DRIVE_AGAIN;
    }
    g_autoptr(GSubprocess) ended = g_steal_pointer(&d->program);
    return g_subprocess_get_successful(ended) ? DRIVE_DONE : drive_fail(d, "%s failed", argv[0]);
}

// key KEY...: pressed and let go on the X server's keyboard, "Tab", "ctrl+l", one after the other.
enum drive_result drive_key(struct drive *d, const char *rest)
{
    g_auto(GStrv) keys = g_strsplit(rest, " ", -1);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_ptr_array_add(argv, "xdotool");
    g_ptr_array_add(argv, "key");
    g_ptr_array_add(argv, "--delay=60");
    for (char **key = keys; *key != NULL; key++) {
        g_ptr_array_add(argv, *key);
    }
    g_ptr_array_add(argv, NULL);
    return drive_argv(d, (const char *const *)argv->pdata);
}

// tab NAME, back NAME: Tab, or Shift+Tab, until that control has the keyboard.
static enum drive_result go_to(struct drive *d, const char *key, const char *name)
{
    g_autofree char *focus = drive_fact(d, "focus");
    if (d->program == NULL && g_str_equal(focus, name)) {
        return DRIVE_DONE;
    }
    const enum drive_result result = drive_key(d, key);
    return result == DRIVE_DONE ? DRIVE_AGAIN : result;
}

enum drive_result drive_tab(struct drive *d, const char *rest)
{
    return go_to(d, "Tab", rest);
}

enum drive_result drive_back(struct drive *d, const char *rest)
{
    return go_to(d, "shift+Tab", rest);
}

// type TEXT: each letter a key.
enum drive_result drive_type(struct drive *d, const char *rest)
{
    const char *argv[] = {"xdotool", "type", "--delay=20", rest, NULL};
    return drive_argv(d, argv);
}

// run PROGRAM ARGUMENT...: until it ends; it must end well.
enum drive_result drive_program(struct drive *d, const char *rest)
{
    g_auto(GStrv) argv = g_strsplit(rest, " ", -1);
    return drive_argv(d, (const char *const *)argv);
}
