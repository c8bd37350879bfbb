package checks;

import static checks.Checks.equal;
import static checks.Checks.scenario;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.pivotal.cfenv.jdbc.CfJdbcEnv;
import io.pivotal.cfenv.jdbc.CfJdbcService;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import org.springframework.cloud.bindings.Bindings;
import org.springframework.cloud.bindings.boot.BindingsPropertiesProcessor;
import org.springframework.cloud.bindings.boot.MySqlBindingsPropertiesProcessor;
import org.springframework.cloud.bindings.boot.PostgreSqlBindingsPropertiesProcessor;
import org.springframework.core.env.StandardEnvironment;

/** DatabaseChecks logs in with the addresses that docs/services names. */
final class DatabaseChecks {
    private DatabaseChecks() {}

    /** An Attempt is a login with a driver; table is its own, and refused matches its errors. */
    private record Attempt(String name, String driver, String address, String binding, String table, String ca, String refused) {}

    static void all() throws Exception {
        String text = Files.readString(Path.of(System.getenv("SDK_CHECK_DATABASES")));
        for (JsonElement each : new Gson().fromJson(text, JsonArray.class)) {
            JsonObject a = each.getAsJsonObject();
            Attempt attempt = new Attempt(a.get("name").getAsString(), a.get("driver").getAsString(), a.get("address").getAsString(),
                    a.get("binding").getAsString(), a.get("table").getAsString(), a.get("ca").getAsString(),
                    a.get("refused").getAsString());
            scenario(attempt.name(), () -> {
                if (attempt.refused().isEmpty()) {
                    use(attempt);
                } else {
                    refused(attempt);
                }
            });
        }
    }

    private static Connection connect(Attempt a) throws Exception {
        return switch (a.driver()) {
            case "mysql" -> connect("mysql", a.ca().isEmpty() ? a.address() : verified(a.address(), a.ca()), null, null);
            case "mariadb", "postgresql" -> connect(a.driver(), a.address(), null, null);
            case "cfenv" -> {
                CfJdbcService service = new CfJdbcEnv().findJdbcServiceByName(a.binding());
                yield connect(service.getDriverClassName(), service.getJdbcUrl(), null, null);
            }
            case "bindings" -> {
                Map<String, Object> spring = new HashMap<>();
                Bindings bindings = new Bindings(new Bindings().getBindings().stream().filter(b -> b.getName().equals(a.binding()))
                        .toArray(org.springframework.cloud.bindings.Binding[]::new));
                for (BindingsPropertiesProcessor each : new BindingsPropertiesProcessor[] {
                    new MySqlBindingsPropertiesProcessor(), new PostgreSqlBindingsPropertiesProcessor()
                }) {
                    each.process(new StandardEnvironment(), bindings, spring);
                }
                yield connect((String) spring.get("spring.datasource.driver-class-name"), (String) spring.get("spring.datasource.url"),
                        (String) spring.get("spring.datasource.username"), (String) spring.get("spring.datasource.password"));
            }
            default -> throw new IllegalArgumentException(a.driver());
        };
    }

    /** verified has MySQL Connector/J verify the server, by a trust store with the certificates. */
    private static String verified(String url, String ca) throws Exception {
        Path store = Files.createTempFile("sdk-checks-", ".p12");
        store.toFile().deleteOnExit();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        try (InputStream in = Files.newInputStream(Path.of(ca)); OutputStream out = Files.newOutputStream(store)) {
            keys.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
            keys.store(out, "password".toCharArray());
        }
        return url.replaceAll("&sslMode=[A-Z]+", "") + "&sslMode=VERIFY_IDENTITY&trustCertificateKeyStoreType=PKCS12&trustCertificateKeyStoreUrl=file:" + store
                + "&trustCertificateKeyStorePassword=password";
    }

    /** connect opens a URL with one driver, by its name here or its class. */
    private static Connection connect(String driver, String url, String user, String password) throws Exception {
        String name = switch (driver) {
            case "mysql" -> "com.mysql.cj.jdbc.Driver";
            case "mariadb" -> "org.mariadb.jdbc.Driver";
            case "postgresql" -> "org.postgresql.Driver";
            default -> driver;
        };
        Properties login = new Properties();
        if (user != null) {
            login.setProperty("user", user);
            login.setProperty("password", password);
        }
        Connection connection = ((Driver) Class.forName(name).getDeclaredConstructor().newInstance()).connect(url, login);
        if (connection == null) {
            throw new AssertionError(name + " does not take the URL");
        }
        return connection;
    }

    private static void use(Attempt a) throws Exception {
        try (Connection connection = connect(a); Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE " + a.table() + " (word VARCHAR(20))");
            statement.execute("INSERT INTO " + a.table() + " VALUES ('Grüße')");
            try (ResultSet rows = statement.executeQuery("SELECT word FROM " + a.table())) {
                rows.next();
                equal("the word", rows.getString(1), "Grüße");
            }
            statement.execute("DROP TABLE " + a.table());
        }
    }

    private static void refused(Attempt a) throws Exception {
        try {
            use(a);
        } catch (SQLException refusal) {
            StringBuilder text = new StringBuilder();
            for (Throwable each = refusal; each != null; each = each.getCause()) {
                text.append(each).append('\n');
            }
            if (!Pattern.compile(a.refused()).matcher(text.append(refusal.getSQLState())).find()) {
                throw refusal;
            }
            return;
        }
        throw new AssertionError("the login works");
    }
}
