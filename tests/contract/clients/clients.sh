# Clients that strangers' generators make from the OpenAPI document: to be sourced, after tests/tools.sh, at the project's root.
#
# They are the most downloaded ones of their registries: openapi-typescript with openapi-fetch, and openapi-python-client; and
# openapi-generator for Java, where most who generate at all take that.

CLIENTS=tests/contract/clients
# Programs that run for a few seconds are faster without Java's second compiler.
JAVA_QUICK=-XX:TieredStopAtLevel=1

# Has all that is needed installed, by one script at a time.
install_generators() {
    mkdir -p tests/.tools
    exec {INSTALLING}> tests/.tools/clients.lock
    flock "$INSTALLING"
    node_packages $CLIENTS/typescript
    CLIENT_PYTHON=$(python_of clients $CLIENTS/python/requirements.txt)
    JAVA_PYTHON=$(python_of openapi-generator $CLIENTS/java/requirements.txt)
    debian_command javac openjdk-17-jdk-headless
    exec {INSTALLING}>&-
    OPENAPI_GENERATOR=$("$JAVA_PYTHON" -c 'import openapi_generator_cli as it; print(it.__path__[0] + "/openapi-generator.jar")')
}

# Makes a folder anew that has the document and the three clients of it, ready to run.
generate_clients() {
    local folder=$1
    rm -rf "$folder"
    mkdir -p "$folder"
    "$AKOL_MOCK" openapi > "$folder/openapi.json"
    generate_typescript "$folder"
    generate_python "$folder"
    generate_java "$folder"
}

# Compiling is checking here: strictly, the generated types included.
generate_typescript() {
    local folder=$1 packages=$PWD/$CLIENTS/typescript/node_modules
    mkdir "$folder/typescript"
    cp $CLIENTS/typescript/{*.ts,package.json,tsconfig.json} "$folder/typescript"
    ln -s "$packages" "$folder/typescript/node_modules"
    "$packages/.bin/openapi-typescript" "$folder/openapi.json" --output "$folder/typescript/akol.ts" 2> "$folder/typescript/log" ||
        failed "$folder/typescript/log"
    "$packages/.bin/tsc" --project "$folder/typescript"
}

generate_python() {
    local folder=$1
    mkdir "$folder/python"
    # A warning is of something that it leaves out.
    "$CLIENT_PYTHON" -m openapi_python_client generate --path "$folder/openapi.json" --output-path "$folder/python/akol_client" \
        --meta none --fail-on-warning --config $CLIENTS/python/openapi-python-client.yaml \
        --custom-template-path $CLIENTS/python/templates > "$folder/python/log" || failed "$folder/python/log"
}

check_python() {
    MYPYPATH=$1/python "$CLIENT_PYTHON" -m mypy --config-file $CLIENTS/python/mypy.ini --cache-dir tests/.tools/mypy-clients \
        $CLIENTS/python "$1/python/akol_client"
}

generate_java() {
    local folder=$1/java
    mkdir -p "$folder/generated" "$folder/own"
    java $JAVA_QUICK -jar "$OPENAPI_GENERATOR" generate --input-spec "$1/openapi.json" --output "$folder" \
        --config $CLIENTS/java/openapi-generator.yaml --template-dir $CLIENTS/java/templates \
        --global-property apis,models,supportingFiles,apiTests=false,modelTests=false,apiDocs=false,modelDocs=false \
        > "$folder/log" 2>&1 || failed "$folder/log"
    # What it warns of was looked at, and is no matter: that 3.1 is new to it; every `additionalProperties: false`, under a name
    # that it does not find; and that it does not put the example of a whole body into its comments.
    if grep -E ' (WARN|ERROR) ' "$folder/log" | grep -v -e 'OpenAPI 3.1 support is still in beta' \
        -e 'Failed to get the schema name: null' -e 'Ignoring complex example on request body'; then
        failed "$folder/log"
    fi
    find "$folder/src/main" -name '*.java' > "$folder/files"
    # A notice says that what it has written is deprecated in the library that it has written it for.
    javac -J$JAVA_QUICK -proc:none -XDsuppressNotes -cp "$OPENAPI_GENERATOR" -d "$folder/generated" "@$folder/files"
    javac -J$JAVA_QUICK -proc:none -Xlint:all -Werror -cp "$OPENAPI_GENERATOR:$folder/generated" -d "$folder/own" $CLIENTS/java/*.java
}

failed() {
    cat "$1" >&2
    return 1
}

# Lives calls through the three clients of a folder: folder, where Akol's API is, where the control API is.
live() {
    local folder=$1
    export AKOL_URL=$2 AKOL_CONTROL=$3
    section 'openapi-typescript and openapi-fetch'
    node --test --test-reporter spec "$folder/typescript"
    section 'openapi-python-client'
    PYTHONPATH=$folder/python "$CLIENT_PYTHON" -m pytest --quiet -p no:cacheprovider $CLIENTS/python
    section 'openapi-generator for Java'
    java $JAVA_QUICK -cp "$OPENAPI_GENERATOR:$folder/java/generated:$folder/java/own" Main
}
