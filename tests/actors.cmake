troupe_test(company_test actors troupe_actors)
